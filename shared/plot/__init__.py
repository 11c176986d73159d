"""Pictures in the book's one style: curves, bars, heat maps, token strips, drawings.

Every figure is an SVG on an opaque sheet of paper: it reads the same on a light page, a
dark page and in Colab, and drawing it twice gives the same bytes. Colours (after Okabe
and Ito, 2008) stay apart for colour-blind readers; no picture tells its story by colour
alone; type is large enough for a phone. matplotlib, which draws, is loaded when the
first picture is drawn and not before.

    plot.figure() and save()      an empty figure in the style, and a file of it
    plot.curve() bars() ladder() heat()     what was measured
    plot.tokens() visible()       tokens as chips in a page
    plot.Drawing(alt=...)         boxes, arrows, rows, matrices, braces, small multiples
    plot.MEANINGS                 what each colour means, in curves and drawings alike
"""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "charts": ("bars", "curve", "heat", "ladder"),
        "drawings": ("Drawing",),
        "palette": (
            *("CHIPS", "COLORS", "CYCLE", "DASHES", "HEAT", "MEANINGS", "SURPRISE"),
        ),
        "style": ("FONTS", "figure", "save"),
        "token_strips": ("Tokens", "tokens", "visible"),
    },
)
