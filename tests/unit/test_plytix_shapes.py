"""What is read of an answer: all that was documented or recorded, whatever else it holds, nothing of people (plytix-api.md §8, §9)."""

import pytest

from bridge.adapters.plytix import answers, filters
from bridge.adapters.plytix.assets import Asset
from bridge.adapters.plytix.attributes import Attribute, Group
from bridge.adapters.plytix.categories import Category
from bridge.adapters.plytix.families import Family, Member
from bridge.adapters.plytix.relationships import Relationship
from bridge.errors import Fate, Later

ID = "64b0000000000000000000c1"
AT = "2026-05-02T09:00:00.120000+00:00"
AUDIT = {"created_user_audit": {"type": "USER", "user_name": "Petra", "user_email": "petra@example.com"}, "by_user": "Petra"}
WHOLE = {
    Asset: {"id": ID, "filename": "hero.jpg", "extension": "jpg", "content_type": "image/jpeg", "file_type": "IMAGES", "file_size": 31885,
            "status": "ACTIVE", "public": True, "assigned": False, "n_products": 0, "n_catalogs": 0, "categories": [], "url": "https://u",
            "thumbnail": "https://t", "created": AT, "modified": AT, "file_modified": "2026-05-02T09:00:00.120010",
            "has_custom_thumb": False},
    Attribute: {"id": ID, "name": "Colour", "label": "colour", "type_class": "DropdownAttribute", "filter_type": "DropdownAttribute",
                "description": "", "groups": [ID], "options": ["Blue"], "modified": AT},
    Group: {"id": ID, "name": "Looks", "order": 0, "attribute_labels": ["colour"]},
    Family: {"id": ID, "name": "Shoes", "created": AT, "created_at": AT, "modified": AT, "total_attributes": 3, "total_models": 0,
             "total_products": 9},
    Member: {"id": ID, "label": "colour", "name": "Colour", "attribute_level": "parent_level"},
    Category: {"id": ID, "name": "Boots", "slug": "boots", "path": ["Shoes", "Boots"], "parents_ids": [ID], "n_children": 0, "order": "5",
               "modified": AT},
    Relationship: {"id": ID, "name": "Spare parts", "label": "spare_parts", "created": AT, "created_at": AT, "modified": AT},
    filters.Filter: {"key": "attributes.colour", "filter_type": "DropdownAttribute", "operators": ["eq"], "options": ["Blue"]},
}
NEEDED = {Asset: {"id", "filename"}, Attribute: {"id", "name", "label", "type_class"}, Group: {"id", "name"}, Family: {"id", "name"},
          Member: {"id", "label"}, Category: {"id", "name", "path"}, Relationship: {"id", "name", "label"},
          filters.Filter: {"key", "filter_type"}}


@pytest.mark.parametrize("shape", WHOLE)
def test_each_field_of_the_shape_is_read_from_the_answer(shape):
    read = answers.read(shape, WHOLE[shape]).model_dump()

    same = {name for name, value in read.items() if value == WHOLE[shape].get(name)}
    assert set(read) - same <= {"created", "modified", "file_modified", "order", "counts"}, "moments are ms, an order is a number"
    assert all(isinstance(read[name], int) for name in set(read) - same - {"counts"})


@pytest.mark.parametrize("shape", WHOLE)
def test_new_fields_do_no_harm_and_people_are_not_kept(shape):
    read = answers.read(shape, WHOLE[shape] | AUDIT | {"field_of_next_year": {"deep": [1]}})

    assert read == answers.read(shape, WHOLE[shape])
    assert "Petra" not in repr(read)


@pytest.mark.parametrize("shape", WHOLE)
def test_a_row_of_a_search_has_what_was_asked_for_and_may_lack_the_rest(shape):
    few = {name: value for name, value in WHOLE[shape].items() if name in NEEDED[shape]}

    assert answers.read(shape, few)
    for name in few:
        with pytest.raises(Later) as later:
            answers.read(shape, {other: value for other, value in few.items() if other != name})
        assert later.value.fate is Fate.UNKNOWN


@pytest.mark.parametrize("shape", WHOLE)
def test_what_is_not_set_may_be_null(shape):
    nothing = {name: value if name in NEEDED[shape] else None for name, value in WHOLE[shape].items()}

    assert {value or None for name, value in answers.read(shape, nothing).model_dump().items() if name not in NEEDED[shape]} <= {None}


@pytest.mark.parametrize("said", ["yesterday", 5, {}, True])
def test_a_moment_that_is_none_is_half_an_answer(said):
    with pytest.raises(Later):
        answers.read(Asset, WHOLE[Asset] | {"modified": said})


def test_what_has_two_spellings_reads_the_same():
    for given in ([ID], [{"id": ID}], [{"id": ID, "name": "Boots"}]):
        assert answers.read(Asset, WHOLE[Asset] | {"categories": given}).categories == [ID]
    assert answers.read(Asset, WHOLE[Asset] | {"categories": None}).categories == []
    begun = [answers.read(Family, {"id": ID, "name": "Shoes", key: AT}).created for key in ("created", "created_at", "_created_at")]
    assert begun == [answers.ms(AT)] * 3
    assert [answers.read(Category, WHOLE[Category] | {"order": said}).order for said in ("5", 5, None)] == [5, 5, None]
