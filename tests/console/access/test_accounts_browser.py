"""Accounts, the audit trail and one's own account in a real Chromium. `make test-browser`."""

from pathlib import Path
from typing import Any

import pyotp
import pytest

from forewarn.storage import Connection
from forewarn.storage.accounts import change_account, find_account

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[3] / "test-artefacts"

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS = {
    "light": DESK | {"color_scheme": "light"},
    "dark-zh": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone": PHONE | {"color_scheme": "dark"},
}
WORD = "long enough a word"


@pytest.fixture
def office(console: Any, accounts_in: Connection) -> tuple[str, list[dict[str, str]], Any]:
    """Return the address of a console, the cookie of kim, an administrator, and her browser."""
    change_account(accounts_in, "kim", role="admin")
    browser = console()
    assert browser.sign_in() == 200
    for account, role in (("lee", "duty"), ("aud", "auditor")):
        said = {"account": account, "role": role, "name": account.title(), "sites": ["test"]}
        assert browser.ask("/api/accounts/add", "POST", said)[0] == 200
    assert browser.ask("/api/accounts/tokens/add", "POST", {"name": "wall"})[0] == 200
    name, _, value = browser.cookie.partition("=")
    return f"http://127.0.0.1:{browser.port}/", [{"name": name, "value": value}], browser


def test_accounts_and_the_trail_show(visit: Any, office: Any) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    url, cookies, _ = office
    for name, look in LOOKS.items():
        with visit(url, "accounts", cookies=cookies, **look) as seen:
            page = seen.page
            page.wait_for_selector("#accounts tbody tr >> nth=6")
            page.click("#accounts button[aria-expanded] >> nth=2")
            page.wait_for_selector("#accounts .edit input:focus")
            page.wait_for_timeout(200)
            page.screenshot(path=ARTEFACTS / f"accounts-{name}.png", full_page=True)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == look["viewport"]["width"], f"{name} scrolls sideways"
            assert seen.axe() == [], name
            assert seen.wrong == []


def test_an_administrator_changes_adds_and_verifies(
    visit: Any, office: Any, accounts_in: Connection
) -> None:
    url, cookies, _ = office
    with visit(url, "accounts", cookies=cookies, **DESK) as seen:
        page = seen.page
        page.click("#accounts summary:has-text('Add an account')")
        form = page.locator("#accounts details:has-text('Add an account') form")
        form.locator("[name=account]").fill("ray")
        form.locator("[name=role]").select_option("viewer")
        form.locator("[name=sites]").press("Enter")
        page.wait_for_selector(".once:has-text('Password of ray')")
        assert len(page.inner_text(".once code")) == 19
        page.wait_for_selector(".once button:focus")
        page.keyboard.press("Enter")
        page.wait_for_selector(".once", state="detached")
        page.click("[aria-label='Change ray']")
        page.click(".edit button:has-text('New second factor')")
        page.click(".edit button:has-text('Really?')")
        page.wait_for_selector(".once svg[role=img]")
        assert seen.axe() == []
        page.screenshot(path=ARTEFACTS / "accounts-once.png", full_page=True)
        assert find_account(accounts_in, "ray").totp_secret is not None  # type: ignore[union-attr]
        page.click("#accounts button:has-text('Verify the chain')")
        page.wait_for_selector("#accounts .verdict:has-text('Unbroken: rows 1 to 6')")
        page.fill("#accounts [name=action]", "totp")
        page.keyboard.press("Enter")
        page.wait_for_selector("#accounts .trail tbody tr >> nth=0")
        page.wait_for_function("document.querySelectorAll('.trail tbody tr').length === 1")
        with page.expect_download() as download:
            page.click("#accounts >> text=Export as JSON lines")
        assert download.value.suggested_filename == "forewarn-audit.jsonl"
        assert seen.wrong == []


def test_who_may_not_does_not_see_the_page(
    visit: Any, console: Any, accounts_in: Connection
) -> None:
    browser = console()
    browser.sign_in()
    name, _, value = browser.cookie.partition("=")
    cookies = [{"name": name, "value": value}]
    with visit(f"http://127.0.0.1:{browser.port}/", "accounts", cookies=cookies, **DESK) as seen:
        seen.page.wait_for_selector("text=Your role may see neither")
        assert seen.page.is_hidden("#view-accounts")
        assert seen.page.is_hidden("#view-station")
        assert seen.page.is_visible("#view-models")
        assert seen.wrong == []


def test_ones_own_password_and_second_factor_by_keyboard(
    visit: Any, console: Any, real_time: Any
) -> None:
    browser = console()
    browser.sign_in()
    name, _, value = browser.cookie.partition("=")
    cookies = [{"name": name, "value": value}]
    url = f"http://127.0.0.1:{browser.port}/"
    with visit(url, "models", cookies=cookies, **PHONE) as seen:
        page = seen.page
        page.focus("#who")
        page.keyboard.press("Enter")
        page.wait_for_selector(".mine:has-text('Signed in in 1 browsers')")
        assert seen.axe() == []
        page.fill(".mine [name=old]", WORD)
        page.fill(".mine [name=fresh]", "another long word")
        page.fill(".mine [name=again]", "another longer word")
        page.keyboard.press("Enter")
        page.wait_for_selector(".mine [role=alert]:has-text('differ')")
        page.fill(".mine [name=again]", "another long word")
        page.keyboard.press("Enter")
        page.wait_for_selector(".mine [role=alert]:has-text('is changed')")
        page.fill(".mine [name=password]", "another long word")
        page.keyboard.press("Enter")
        page.wait_for_selector(".mine .scan svg")
        page.wait_for_timeout(200)
        page.screenshot(path=ARTEFACTS / "mine-phone.png")
        box = page.locator(".mine").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        secret = page.inner_text(".mine .scan code").replace(" ", "")
        page.fill(".mine [name=code]", pyotp.TOTP(secret).at(real_time.now))
        page.keyboard.press("Enter")
        page.wait_for_selector(".mine [role=alert]:has-text('is on')")
        page.keyboard.press("Escape")
        page.wait_for_selector(".mine", state="hidden")
        assert page.evaluate("document.activeElement.id") == "who"
        assert seen.wrong == []
    assert browser.sign_in(password="another long word") == 401
