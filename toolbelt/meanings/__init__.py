"""What lines of a dyno's log mean, in a sentence, and what to do about it. Pure: lines in, meanings out.

::

    causes.py      what can be wrong, from the cause to the symptom
    reading.py     lines -> meanings
"""

from toolbelt.meanings.causes import CAUSES
from toolbelt.meanings.reading import MOST, Meaning, begun, own, read, text

__all__ = ["CAUSES", "MOST", "Meaning", "begun", "own", "read", "text"]
