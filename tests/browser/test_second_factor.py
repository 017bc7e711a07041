"""A second factor in a real browser: set up and used by keyboard alone, on pages that are accessible."""

import base64

from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Site, is_accessible


def _window(browser: Browser, site: Site, **options: object) -> Page:
    return browser.new_context(base_url=site.address, reduced_motion="reduce", **options).new_page()  # type: ignore[arg-type]


def _type_password(page: Page, username: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").press_sequentially(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def test_it_is_set_up_and_used_by_keyboard_alone(browser: Browser, site: Site) -> None:
    site.add_person("eve")
    page = _window(browser, site)
    _type_password(page, "eve")
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    page.goto("/account/second-factor/")
    is_accessible(page)
    page.get_by_role("button", name="Set up authenticator app").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    is_accessible(page)
    totp = TOTP(base64.b32decode(page.locator(".setup-key").inner_text().replace(" ", "")))
    page.get_by_label("Your password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(f"{totp.token():06d}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    is_accessible(page)
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10

    narrow = _window(browser, site, viewport={"width": 360, "height": 640}, color_scheme="dark")
    _type_password(narrow, "eve")
    expect(narrow.get_by_label("Code")).to_be_focused()
    is_accessible(narrow)
    narrow.keyboard.type("not a code")
    narrow.keyboard.press("Enter")
    expect(narrow.get_by_text("This code is incorrect")).to_be_visible()
    narrow.goto("/campaigns/")
    expect(narrow.get_by_role("heading", name="Second factor")).to_be_visible()
    expect(narrow.get_by_label("Code")).to_be_focused()
    # After a wrong code there is a wait of a second, so this may take a second try.
    while not narrow.url.endswith("/campaigns/"):
        narrow.get_by_label("Code").fill(codes[0])
        with narrow.expect_navigation():
            narrow.keyboard.press("Enter")
    expect(narrow.get_by_role("heading", name="Campaigns", level=1)).to_be_visible()

    page.goto("/account/security/")
    is_accessible(page)
    page.get_by_role("button", name="End all other sessions").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ended 1 other session")).to_be_visible()
    narrow.goto("/")
    expect(narrow.get_by_role("heading", name="Log in")).to_be_visible()
    for window in (page, narrow):
        window.context.close()
