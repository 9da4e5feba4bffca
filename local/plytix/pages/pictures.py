"""Pictures of assets: the file itself where it came by content, else a sheet with its name. No URL is ever fetched."""

from __future__ import annotations

from local.plytix.assets import brief
from local.plytix.contents import extension, mime_type
from local.plytix.entities import Asset
from local.plytix.listener import Told
from local.plytix.pages.frame import HEADERS
from local.plytix.pages.markup import Html, tag
from local.plytix.store import Store

SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp")  # what a browser shows and runs nothing of


def picture(asset: Asset) -> Told:
    """What `img` asks for."""
    kind = mime_type(asset.filename)
    if asset.content is not None and kind in SHOWN:
        return Told(200, asset.content, kind, HEADERS)
    sheet = tag(
        "svg", tag("rect", width="120", height="120", fill="#8a8f98"),
        tag("text", extension(asset.filename).upper() or "FILE", x="60", y="66", fill="white", text_anchor="middle",
            font_family="sans-serif", font_size="22"),
        xmlns="http://www.w3.org/2000/svg", viewBox="0 0 120 120", width="120", height="120",
    )  # fmt: skip
    return Told(200, sheet.encode(), "image/svg+xml", HEADERS)


def image(store: Store, asset_id: str | None) -> Html | None:
    """A small picture in a row."""
    asset = store.assets.get(asset_id or "")
    return tag("img", src=f"/picture/{asset.id}", alt=asset.filename, loading="lazy") if asset else None


def figure(asset: Asset) -> Html:
    """A picture with its name and the address of its thumbnail at Plytix."""
    shown = brief(asset)
    caption = tag("figcaption", tag("a", asset.filename, href=shown["url"]), " ", tag("a", "thumbnail", href=shown["thumbnail"]))
    return tag("figure", tag("img", src=f"/picture/{asset.id}", alt=asset.filename), caption)
