"""Refusals: what programs are told of one."""

from registry_app.rules import Refusal


def test_a_message_is_the_reason_and_the_way_out():
    assert Refusal("code", "It may not be.", "Do this.").message == "It may not be. Do this."
    assert Refusal("code", "It may not be.").message == "It may not be."
