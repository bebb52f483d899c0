"""`verify.html` opened from a file:// address, as an auditor does: it accepts the zip, sees every change."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from bureau import Bureau, booking, moved_in
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page, expect, sync_playwright
from test_bundle import ALL, contents, export, of_case, packed, relisted

from paraplu.assurance.handout.kinds import _LABELS, kinds_in
from paraplu.audit.kinds import CATALOGUE
from paraplu.audit.note import Note, Signature, Signer

SOURCE = files("paraplu.assurance.handout").joinpath("verify.html").read_text("utf-8")
ARGUMENTS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking"
PATIENCE = 60_000  # milliseconds: only against hanging


def test_the_policy_of_the_page_names_the_hashes_of_its_own_script_and_style() -> None:
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", SOURCE, re.S)
        right = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{right}'" in SOURCE, f"write sha256-{right} for {tag}-src"
    assert "default-src 'none'" in SOURCE
    assert not re.search(r"https?://", SOURCE)


def test_the_three_languages_of_the_page_say_the_same_things() -> None:
    words = SOURCE[SOURCE.index("const WORDS") : SOURCE.index("const FORMAT")]
    parts = re.split(r"^(en|nl|da): \{$", words, flags=re.M)
    said = {parts[at]: re.findall(r'"([a-z0-9-]+)": "', parts[at + 1]) for at in (1, 3, 5)}
    assert said["en"] == said["nl"] == said["da"]
    assert len(said["en"]) > 60
    for code in said["en"]:
        holes = {
            tuple(sorted(re.findall(r"\{(\w+)\}", text)))
            for text in re.findall(rf'"{code}": "([^"]*)"', words)
        }
        assert len(holes) == 1, code


def test_the_labels_of_kinds_name_only_kinds_that_there_are() -> None:
    codes = [line.partition(":")[0] for line in _LABELS.strip().splitlines()]
    assert set(codes) <= set(CATALOGUE)
    assert len(set(codes)) == len(codes)
    for language in ("en", "nl", "da"):
        assert all(kinds_in(language).values())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("PARAPLU_BROWSER") or "/usr/bin/chromium"
        yield playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())


@pytest.fixture(scope="module")
def told(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    bureau = moved_in(founded, tmp_path_factory.mktemp("told"))
    bureau.books.fault("pictures", left=-1)
    bureau.story(booking("KENMERK-771"))
    yield bureau
    bureau.close()


@pytest.fixture(scope="module")
def made(told: Bureau, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip with everything disclosed, and the page out of it beside it."""
    path = tmp_path_factory.mktemp("made") / "all.zip"
    export(told, of_case(told, "KENMERK-771"), path, ALL)
    (path.parent / "verify.html").write_bytes(contents(path)["verify.html"])
    return path


@pytest.fixture
def page(browser: Browser, made: Path) -> Iterator[Page]:
    """The page from its file:// address; the browser has no network at all."""
    context = browser.new_context(offline=True, locale="en-GB", timezone_id="Europe/Amsterdam")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request",
        lambda request: problems.append(request.url) if request.url.startswith("http") else None,
    )
    opened.goto((made.parent / "verify.html").as_uri())
    yield opened
    assert problems == []
    context.close()


def verdict(page: Page, path: Path) -> str:
    """What the page says of a zip."""
    before = page.locator("#verdict").get_attribute("data-done") or "0"
    page.locator("#file").set_input_files([])
    page.locator("#file").set_input_files(path)
    expect(page.locator("#verdict")).to_have_attribute(
        "data-done", str(int(before) + 1), timeout=PATIENCE
    )
    return page.locator("#verdict").inner_text()


@pytest.mark.browser
def test_the_page_accepts_the_zip_and_tells_its_story(page: Page, told: Bureau, made: Path) -> None:
    said = verdict(page, made)
    assert "This is what the log holds." in said
    assert "you must compare yourself" in said
    expect(page.locator("#keys")).to_contain_text(told.centre.parts.journal.verifier.vkey)
    story = page.get_by_role("table")
    row = story.get_by_role("row").filter(has_text="Outcome confirmed")
    expect(row).to_contain_text("lines.1000.amount: 2500 \u2192 2600")
    expect(row.get_by_role("img").first).to_be_visible()
    expect(page.locator("#not li")).to_have_count(5)
    expect(page.locator("#checked")).to_contain_text(
        hashlib.sha256(made.read_bytes()).hexdigest(), timeout=PATIENCE
    )
    if os.environ.get("PARAPLU_TEST_PICTURES"):
        page.screenshot(
            path=Path(os.environ["PARAPLU_TEST_PICTURES"]) / "verify.png", full_page=True
        )
    page.get_by_role("button", name="Nederlands").click()
    expect(page.locator("#verdict")).to_contain_text(
        "Dit is wat het logboek bevat.", timeout=PATIENCE
    )
    expect(story.get_by_role("row").filter(has_text="Gedaan zoals gevraagd")).to_be_visible()
    page.get_by_role("button", name="Dansk").click()
    expect(page.locator("#verdict")).to_contain_text(
        "Dette er, hvad loggen indeholder.", timeout=PATIENCE
    )
    assert page.locator("html").get_attribute("lang") == "da"


@pytest.mark.browser
def test_the_key_that_the_auditor_holds_decides(page: Page, told: Bureau, made: Path) -> None:
    verdict(page, made)
    other = Signer(told.centre.parts.journal.log, b"z" * 32).verifier.vkey
    page.locator("#held").fill(other)
    expect(page.locator("#verdict")).to_contain_text("Do not rely on this file.", timeout=PATIENCE)
    expect(page.locator("#verdict")).to_contain_text(
        "no key that counts has signed", timeout=PATIENCE
    )
    page.locator("#held").fill(told.centre.parts.journal.verifier.vkey)
    expect(page.locator("#verdict")).to_contain_text(
        "under the key that you hold, unchanged", timeout=PATIENCE
    )


@pytest.mark.browser
def test_a_witness_whose_key_is_pasted_is_checked_and_a_false_line_of_it_refused(
    page: Page, told: Bureau, made: Path, tmp_path: Path
) -> None:
    content, witness = contents(made), Ed25519PrivateKey.from_private_bytes(b"W" * 32)
    key = b"\x04" + witness.public_key().public_bytes_raw()
    id_ = hashlib.sha256(b"w1.example\n" + key).digest()[:4]
    keys = [
        told.centre.parts.journal.verifier.vkey,
        f"w1.example+{id_.hex()}+{base64.b64encode(key).decode()}",
    ]
    head = content["head.txt"]
    text = Note.parse(head).text

    def cosigned(time: int) -> Path:
        """The same zip under the head with a witness's line (C2SP tlog-cosignature)."""
        signed = witness.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        line = Signature("w1.example", id_, (1_795_000_000).to_bytes(8, "big") + signed).line()
        both = head + line.encode()
        files = {
            name: data.replace(head, both) if name.startswith("proofs/") else data
            for name, data in content.items()
        }
        return packed(tmp_path / "odd.zip", relisted({**files, "head.txt": both}))

    assert "This is what the log holds." in verdict(page, cosigned(1_795_000_000))
    expect(page.locator("#checked")).to_contain_text("w1.example: not checked", timeout=PATIENCE)
    page.locator("#held").fill("\n".join(keys))
    expect(page.locator("#checked")).to_contain_text("w1.example: checked", timeout=PATIENCE)
    expect(page.locator("#verdict")).to_contain_text(
        "under the key that you hold, unchanged", timeout=PATIENCE
    )
    assert "signature of w1.example does not fit" in verdict(page, cosigned(1_795_000_001))


@pytest.mark.browser
@pytest.mark.slow
def test_every_file_in_the_zip_altered_in_turn_is_refused(
    page: Page, made: Path, tmp_path: Path
) -> None:
    content = contents(made)
    odd = tmp_path / "odd.zip"
    for name, data in content.items():
        altered = bytearray(data)
        altered[len(data) // 2] ^= 1
        said = verdict(page, packed(odd, {**content, name: bytes(altered)}))
        assert "Do not rely on this file." in said, name
        gone = {other: kept for other, kept in content.items() if other != name}
        assert "Do not rely on this file." in verdict(page, packed(odd, gone)), name
    assert "This is what the log holds." in verdict(page, made)


@pytest.mark.browser
@pytest.mark.slow
def test_what_the_log_proves_is_seen_though_the_manifest_was_made_to_fit(
    page: Page, made: Path, tmp_path: Path
) -> None:
    content = contents(made)
    odd = tmp_path / "odd.zip"
    assert "This is what the log holds." in verdict(page, packed(odd, relisted(content)))
    proved = ("entries/", "proofs/", "disclosures/", "evidence/", "head.txt", "log.vkey")
    for name, data in content.items():
        if name.startswith(proved):
            altered = bytearray(data)
            altered[len(data) // 3] ^= 1
            said = verdict(page, packed(odd, relisted({**content, name: bytes(altered)})))
            assert "Do not rely on this file." in said, name


@pytest.mark.browser
@pytest.mark.slow
def test_no_flipped_byte_of_the_zip_itself_passes_with_another_content(
    page: Page, made: Path, tmp_path: Path
) -> None:
    data, same, odd = made.read_bytes(), contents(made), tmp_path / "odd.zip"
    for at in range(0, len(data), len(data) // 60):
        altered = bytearray(data)
        altered[at] ^= 0x10
        odd.write_bytes(bytes(altered))
        assert "Do not rely" in verdict(page, odd) or contents(odd) == same, f"byte {at}"
    odd.write_bytes(b"no zip at all")
    assert "this is no zip that can be read" in verdict(page, odd)
