"""Rows of different lengths side by side: where each one's last token stands.

To be read with a cache, rows are filled up on the left, so that all of them go on in
the same column. To be read anew, they are moved to the left: what then stands behind a
row's last token is seen by nobody, as a model never looks ahead. Shapes: B rows, T
columns.
"""

from __future__ import annotations

import torch
from torch import Tensor


def last_window(ids: Tensor, pad: Tensor | None, context: int) -> tuple[Tensor, Tensor]:
    """The last `context` tokens of each row, moved to the left, and where each ends.

    ids: (B, T), of which the first pad (B,) of each row are filling; None: nowhere.
    Returns ids (B, W), W at most context, and the places of the last tokens, (B,).
    """
    gone = max(0, ids.shape[1] - context)  # columns that no row sees any more
    ids = ids[:, gone:]
    rows, W = ids.shape
    if pad is None:
        return ids, torch.full((rows,), W - 1, device=ids.device)
    pad = (pad - gone).clamp(min=0)
    columns = torch.arange(W, device=ids.device) + pad[:, None]  # (B, W)
    return ids.gather(1, columns.clamp(max=W - 1)), W - 1 - pad
