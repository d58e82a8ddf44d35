"""Whether something would still shut the new roles out, or stand before them, while the old user is there."""

from ciam_tui.core.shut_out.blocking import Blocker, Kind, shut_out
from ciam_tui.core.shut_out.shadowing import Shade, Shadow, Whose, shadow_words, shadowed

__all__ = ["Blocker", "Kind", "Shade", "Shadow", "Whose", "shadow_words", "shadowed", "shut_out"]
