import json
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline import __main__ as command_line
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.sites import ensure_site

pytestmark = pytest.mark.usefixtures("warehouse")
RATE = {"name": "Test rate", "utility": "U", "startdate": 1727762400, "energyratestructure": [[{"rate": 0.2}]]}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["pipeline", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(str(ended.value.code or 0))


def test_a_tariff_is_imported_and_given_to_a_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rate.json"
    file.write_text(json.dumps(RATE | {"demandreactivepowercharge": 0.5}))
    with begin() as conn:
        ensure_site(conn, "Campus", timezone="UTC")

    status = run(monkeypatch, "tariff-import", str(file), "--site", "Campus", "--from", "2025-01-01", "--json")

    said = json.loads(capsys.readouterr().out)
    with connect() as conn:
        given = conn.execute(text("select tariff_id, valid_from::text from site_tariff")).one()
    assert status == 0
    assert (said["tariff"], said["currency"], said["valid_from"], said["site"]) == (
        "Test rate",
        "USD",
        "2024-10-01",
        "Campus",
    )
    assert any("demandreactivepowercharge" in warning for warning in said["warnings"])
    assert tuple(given) == (said["id"], "2025-01-01")


@pytest.mark.parametrize("content", [b"no tariff", b"\xff\xfe", b'{"ElectricTariff": {"urdb_label": "abc"}}', None])
def test_bad_input_is_one_sentence_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "rate.json"
    if content is not None:
        file.write_bytes(content)

    status = run(monkeypatch, "tariff-import", str(file))

    said = capsys.readouterr().err.strip()
    assert status == 2
    assert "rate.json" in said
    assert "\n" not in said


def test_the_step_runs_where_there_is_nothing_to_bill(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(monkeypatch, "tariffs", "--json")

    said = json.loads(capsys.readouterr().out)
    assert (status, said["step"], said["sites"], said["failures"]) == (0, "tariffs", 0, 0)
