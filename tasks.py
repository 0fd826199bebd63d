"""The index of verbs: all that can be done, nothing of how. `./inv` lists them, `./inv help VERB` tells more.

invoke looks for this file. The verbs are in verbs/, a module for each group.
"""

from __future__ import annotations

from verbs import accounts, addons, apps, code, config, data, deploying, project, releases, site, stack
from verbs.index import arranged, collected

# In the order in which ./inv lists them.
GROUPS = arranged(
    stack.verb,
    site.verb,
    code.verb,
    deploying.verb,
    releases.verb,
    config.verb,
    addons.verb,
    data.verb,
    apps.verb,
    accounts.verb,
    project.verb,
)

namespace = collected(GROUPS)
