"""How lessons are worded: the tasks, their shares, and the words of each.

`tales.tasks` fills them in.
"""

#: The tasks, and how many lessons in a hundred are of each.
TASKS = {
    "question": 36,
    "owner": 6,
    "missing": 8,
    "people": 8,
    "rename": 8,
    "sum": 8,
    "chain": 4,
    "riddle": 4,
    "continue": 6,
    "write": 6,
    "trick": 4,
    "talk": 2,
}
#: What an assistant says when the text that it was given does not tell.
UNKNOWN = "The tale does not say."
#: How each task is worded; the last wording of each is never taught.
WORDINGS: dict[str, tuple[str, ...]] = {
    "question": ("{text}\n{question}", "Read: {text}\n{question}", "{text} {question}"),
    "owner": (
        "{text}\nWho has the {thing} now?",
        "Read: {text}\nWho has the {thing} now?",
        "{text} Who has the {thing} now?",
    ),
    "missing": (
        "{text}\nWho has the {thing} now?",
        "Read: {text}\nWho has the {thing} now?",
        "{text} Who has the {thing} now?",
    ),
    "people": (
        "{text}\nWho is in this tale?",
        "{text}\nList the people.",
        "{text}\nList the people of this tale.",
    ),
    "rename": (
        "{text}\nSay {new} for {old}.",
        "{text}\nTell this of {new}, not of {old}.",
        "{text}\nTell this again, and say {new} for {old}.",
    ),
    "sum": ("What is {sum}?", "How much is {sum}?", "Tell me, what is {sum}?"),
    "chain": ("What is {sum}?", "How much is {sum}?", "Tell me, what is {sum}?"),
    "riddle": ("{text}", "Here is a riddle. {text}", "Can you guess this? {text}"),
    "continue": ("{text}\nGo on.", "Go on: {text}", "Tell me how this goes on: {text}"),
    "write": ("{wish}", "Please. {wish}", "{wish} Please."),
    "trick": (
        "{text}\nIs this a trick?",
        "Read: {text}\nIs this a trick?",
        "{text}\nTell me, is this a trick?",
    ),
    "talk": ("{text}", "{text} Please."),
}
TALK = {
    "Hello!": "Good morning! Tell me a tale and ask me about it.",
    "Good morning!": "Good morning! Tell me a tale and ask me about it.",
    "Good evening.": "Good evening! Tell me a tale and ask me about it.",
    "Who are you?": "I am a small model, made block by block.",
    "What are you?": "I am a small model, made block by block.",
    "What can you do?": "I can read a short tale and answer, add, guess and go on.",
    "Thank you.": "You are welcome.",
    "Thank you!": "You are welcome.",
    "Goodbye!": "Goodbye!",
    "Goodbye.": "Goodbye!",
}
