"""The exercises of the book, one room per chapter: `ch01.py` holds 01.1, 01.2, ...

A room imports `exercise` from `shared.check` and registers its chapter's exercises;
`shared.check` loads the room when one of its exercises is checked for the first
time. The modules whose names begin with an underscore are the machinery of
`shared.check`: how two answers are compared, and how an answer is run safely.
"""
