import json

from requirements.audit import judge

SKIPPED = {"name": "left", "skip_reason": "Dependency not found"}
SOUND = {"name": "right", "version": "1.0", "vulns": []}
FAULTY = {"name": "wrong", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1", "2.0"]}]}


def verdict(*dependencies: object) -> tuple[str, int]:
    found = judge(json.dumps({"dependencies": dependencies, "fixes": []}), "")
    return "\n".join(found.lines), found.code


def test_a_fault_fails_and_says_what_mends_it() -> None:
    assert verdict(SOUND, FAULTY) == ("audit: wrong 1.0: CVE-1, mended in 1.1, 2.0", 1)


def test_what_was_looked_up_is_counted() -> None:
    assert verdict(SOUND, SKIPPED) == ("audit: no known fault in 1 of 2 locked dependencies", 0)


def test_an_index_that_keeps_no_faults_is_not_taken_for_a_good_answer() -> None:
    line, code = verdict(SKIPPED)
    assert line.startswith("audit: skipped")
    assert code == 0


def test_a_database_that_does_not_answer_is_named_with_the_reason() -> None:
    found = judge("", "Traceback\nProxyError: cannot connect\n")
    assert found.lines == ["audit: skipped, no database of faults answers: ProxyError: cannot connect"]
