"""A choice that is gone is said in a sentence, and no other takes its place by itself."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.lasting_choice import quoted


def page_of_two(asked, required):
    import streamlit as st

    from pages.components.lasting_choice import choose_lasting

    st.session_state.setdefault("titles", {"a": "A", "b": "B", "c": "C"})
    st.session_state.setdefault("filtered", [])
    away, half = st.toggle("away"), st.toggle("half drawn")
    if half:
        # What is not reached, Streamlit keeps; what is not drawn it forgets.
        st.stop()

    def gone(option, title):
        return "" if option in st.session_state["filtered"] else f"{option} ({title}) is gone"

    titles = {
        option: title
        for option, title in st.session_state["titles"].items()
        if option not in st.session_state["filtered"]
    }
    first = next(iter(titles)) if required else None
    asked = st.session_state.get("asked", asked)
    if not away:
        st.text(f"answer of {choose_lasting('Box', titles, first, 'box', gone, asked)}")


def opened(asked="", required=True):
    return AppTest.from_function(page_of_two, args=(asked, required)).run()


def without(page, *options):
    kept = {name: name.upper() for name in "abc" if name not in options}
    page.session_state["titles"] = kept
    return page.run()


def leave_and_return(page):
    page.toggle[0].set_value(True).run()
    return page.toggle[0].set_value(False).run()


def said(page):
    assert not page.exception
    return [warning.value for warning in page.warning], page.text[0].value.split()[-1]


@pytest.mark.parametrize("chosen", ["a", "b"])
def test_what_is_gone_is_said_until_another_is_chosen(chosen):
    page = opened()
    page.selectbox[0].select(chosen).run()
    sentence = f"{chosen} ({chosen.upper()}) is gone"
    page = without(page, chosen)
    for _ in range(2):
        assert said(page) == ([sentence], "None")
        page.run()
    page.selectbox[0].select("c").run()
    assert said(page) == ([], "c")
    assert said(without(page, "c", chosen))[0] == ["c (C) is gone"]


def test_what_was_never_touched_is_said_too():
    assert said(without(opened(), "a")) == (["a (A) is gone"], "None")


def test_a_choice_that_is_filtered_out_makes_room_for_the_first():
    page = opened()
    page.selectbox[0].select("b").run()
    page.session_state["filtered"] = ["b"]
    assert said(page.run()) == ([], "a")
    page.session_state["filtered"] = []
    assert said(page.run()) == ([], "a")


def test_a_choice_is_remembered_on_the_way_back_and_so_is_its_loss():
    page = opened()
    page.selectbox[0].select("b").run()
    assert said(leave_and_return(page)) == ([], "b")
    page.toggle[0].set_value(True).run()
    without(page, "b")
    page.toggle[0].set_value(False).run()
    assert said(page) == (["b (B) is gone"], "None")
    # What stood there by itself makes room for the first of today.
    page = opened()
    page.toggle[0].set_value(True).run()
    without(page, "a")
    page.toggle[0].set_value(False).run()
    assert said(page) == ([], "b")


def test_an_address_chooses_and_an_unknown_one_is_said_until_a_choice():
    page = opened("b")
    assert said(page) == ([], "b")
    page.selectbox[0].select("c").run()
    assert said(page) == ([], "c")
    page = opened("x")
    for _ in range(2):
        assert said(page) == (["x () is gone"], "None")
        page.run()
    page.selectbox[0].select("a").run()
    assert said(page) == ([], "a")


def test_what_was_asked_for_is_shown_once_it_is_there():
    page = without(opened("b"), "b")
    assert said(page) == (["b (B) is gone"], "None")
    assert said(without(page)) == ([], "b")


def test_an_optional_choice_is_said_once_and_left_empty():
    page = opened(required=False)
    assert said(page) == ([], "None")
    page.selectbox[0].select("b").run()
    page = without(page, "b")
    assert said(page) == (["b (B) is gone"], "None")
    assert said(page.run()) == ([], "None")
    page.selectbox[0].select("c").run()
    assert said(page) == ([], "c")


def test_any_text_of_an_address_is_short_code():
    assert quoted("a`b\n**c**") == "`ab**c**`" and len(quoted("x" * 500)) == 82


def test_an_address_counts_after_a_page_that_was_left_half_drawn():
    page = opened()
    page.selectbox[0].select("b").run()
    page.toggle[1].set_value(True).run()
    page.session_state["asked"] = "c"
    page.toggle[1].set_value(False).run()
    assert said(page) == ([], "c")
    page.selectbox[0].select("a").run()
    assert said(page.run()) == ([], "a")
    page.session_state["asked"] = "x"
    assert said(page.run()) == (["x () is gone"], "None")
