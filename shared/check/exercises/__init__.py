"""The exercises of the book, by chapter: `ch01.py` holds 01.1, 01.2, ...

Where they are many, it imports further files of its chapter, such as `ch01_counts.py`.

A file imports `exercise` from `shared.check.asking` and registers its chapter's
exercises; it is loaded when one of them is checked for the first time.
"""
