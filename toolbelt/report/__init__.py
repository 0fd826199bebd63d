"""The report of a rehearsal: what was seen (facts), what Heroku allows (limits), what that means (judging), and how it is
told: in the terminal (text), to a machine (data), under a pull request (markdown), and as a page with pictures (page).

Pure: facts come in, text goes out; nothing is asked, measured or written here.
"""
