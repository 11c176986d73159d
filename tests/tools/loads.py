"""Which attributes of HTML and SVG make a browser load something when a page is shown.

One table for all that looks for what comes from elsewhere: in notebooks
(`gate_links`) and on the built site (`checksite`).
"""

LOADS = {
    "script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "audio": ("src",),
    "source": ("src", "srcset"), "video": ("src", "poster"), "track": ("src",),
    "embed": ("src",), "object": ("data",), "input": ("src",), "link": ("href",),
    "image": ("href", "xlink:href"), "use": ("href", "xlink:href"),
}  # fmt: skip
