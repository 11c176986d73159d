"""Data on its way to the model: public files by name, token files, windows, rows.

`sources` fetches real data where a section asks for it; `text_folders` reads a reader's
own, and `cleaning` cleans it; `token_windows` cuts one long row of ids into windows,
`mapped` without reading it; `rows` makes rows of documents and says in which order a
training run reads them. The model's chapters train on rows."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "sources": (
            "REGISTRY", "DataUnavailable", "Source", "available", "cache_folder",
            "fetch", "gpt2_folder", "try_fetch",
        ),
        "token_files": ("open_ids", "read_text", "save_ids"),
        "made_site": ("web_pages",),
        "token_windows": ("batches", "check_length", "random_batch", "windows"),
        "cleaning": ("CLEANERS", "clean_page", "clean_text", "count_tags"),
        "text_folders": (
            "SPLITS", "TextProblem", "Written", "cut_documents", "read_folder",
            "split_documents",
        ),
        "mapped": ("mapped_rows",),
        "guards": ("check_fits", "check_rows"),
        "rows": (
            "IGNORE", "Rows", "count_targets", "epoch_order", "in_parts", "pad_rows",
            "single_rows", "step_rows",
        ),
    },
)
