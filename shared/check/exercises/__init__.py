"""The exercises of the book, one file per chapter: `ch01.py` holds 01.1, 01.2, ...

A file imports `exercise` from `shared.check.asking` and registers its chapter's
exercises; it is loaded when one of them is checked for the first time.
"""
