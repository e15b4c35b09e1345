"""Chapter 6 of the manual: what is refused, what is said about it, and what to write instead."""

from __future__ import annotations

import time

import pytest

from spineplan.checking.language import check_expression
from spineplan.model.expressions import ValueType

from .manual import Chapter
from .refusals import Refusal, RefusalSection, findings_of, is_said, section
from .vocabulary import FACTS

CHAPTER = Chapter(
    6,
    "What is refused",
    """Whatever is not in the chapters before is refused when the knowledge is checked, never later. Every problem of a text is said at once,
    each with what to write instead.""",
)

SECTIONS: tuple[RefusalSection, ...] = (
    section(
        "Not known is never written",
        """A condition cannot ask whether something is known: then it could change from yes to no merely because more was learnt.""",
        ("NULL", "`NULL` is not part of the rule language", "unknown is never written"),
        ("fever = NULL", "`NULL`", "unknown is never written"),
        ("fever OR NULL", "`NULL`", "unknown is never written"),
        ("fever IS NULL", "`fever IS NULL`", "write the fact itself, or NOT before it"),
        ("fever IS NOT NULL", "`fever IS NULL`", "write the fact itself, or NOT before it"),
        ("fever IS TRUE", "`fever IS TRUE`", "write the fact itself, or NOT before it"),
        ("fever IS NOT FALSE", "not part of the rule language", "write the fact itself"),
        ("fever IS UNKNOWN", "not part of the rule language", "write the fact itself"),
        ("fever ISNULL", "not part of the rule language", "write the fact itself"),
        ("fever IS DISTINCT FROM fatigue", "`fever IS DISTINCT FROM fatigue`", ""),
        ("COALESCE(fever, FALSE)", "the function COALESCE", "unknown must stay unknown"),
        ("IFNULL(fever, FALSE)", "the function COALESCE", "unknown must stay unknown"),
        ("NULLIF(age, 3) > 2", "the function NULLIF", "the only function is AT_LEAST"),
        ("IS_TRUE(fever)", "the function IS_TRUE", "the only function is AT_LEAST"),
        ("CASE WHEN fever THEN TRUE ELSE FALSE END", "the function CASE", "use bands"),
        ("IF(fever, fatigue, FALSE)", "the function IF", ""),
    ),
    section(
        "Functions and operators",
        """LEAST and GREATEST skip what is not known; rounding moves boundaries; the others answer questions that a rule need not ask.""",
        ("LEAST(age, pain) > 3", "the function LEAST", "use bands"),
        ("GREATEST(age, pain) > 3", "the function GREATEST", "use bands"),
        ("ROUND(temperature) > 38", "the function ROUND", "rounded to the step of their fact already"),
        ("ABS(balance) > 3", "the function ABS", "the only function is AT_LEAST"),
        ("SQRT(age) > 3", "the function SQRT", "the only function is AT_LEAST"),
        ("age // 10 > 3", "`age // 10`", "use /"),
        ("age % 10 > 3", "`age % 10`", "use comparisons"),
        ("age ^ 2 > 3", "the function POWER", "the only function is AT_LEAST"),
        ("age & 1 > 0", "`age & 1`", ""),
        ("CAST(age AS INTEGER) > 3", "the function CAST", "facts have their type already"),
        ("age::INTEGER > 3", "the function CAST", "facts have their type already"),
        ("TRY_CAST(phase AS INTEGER) > 3", "the function TRY_CAST", "facts have their type already"),
        ("phase LIKE 'ac%'", "`phase LIKE 'ac%'`", "use = or IN"),
        ("phase ILIKE 'AC%'", "`phase ILIKE 'AC%'`", "use = or IN"),
        ("regexp_matches(phase, 'a')", "the function REGEXP_LIKE", "the only function is AT_LEAST"),
        ("UPPER(phase) = 'ACUTE'", "the function UPPER", "the only function is AT_LEAST"),
        ("fever || fatigue", "`fever || fatigue`", "use OR between conditions"),
        ("COUNT(fever) > 2", "the function COUNT", "the only function is AT_LEAST"),
        ("RANDOM() > 0.5", "the function RAND", "the only function is AT_LEAST"),
        ("AT_MOST(1, fever, fatigue)", "the function AT_MOST", "the only function is AT_LEAST"),
        ("AT_LEAST(1, fever) OVER ()", "OVER ()", ""),
    ),
    section(
        "Dates and other patients",
        """A condition is about one patient at one moment. Durations and ages are facts of their own.""",
        ("DATE '2026-01-01' > age", "the function CAST", "facts have their type already"),
        ("CURRENT_DATE > age", "the function CURRENT_DATE", "the only function is AT_LEAST"),
        ("duration > INTERVAL 3 DAY", "`INTERVAL '3' DAY`", ""),
        ("NOW() > age", "the function NOW", "the only function is AT_LEAST"),
        ("age > (SELECT 1)", "`(SELECT 1)`", "about one patient only"),
        ("age IN (SELECT 1)", "IN needs a list of values", "IN ('a', 'b')"),
        ("EXISTS (SELECT 1)", "the function EXISTS", ""),
        ("SELECT fever", "`SELECT fever`", "about one patient only"),
    ),
    section(
        "Kinds that do not go together",
        """Conditions are joined, numbers are compared and calculated with, categories are asked for their value.""",
        ("fever = TRUE", "`fever = TRUE` compares conditions", "write the condition itself"),
        ("fever <> fatigue", "`fever <> fatigue` compares conditions", "write the condition itself"),
        ("fever = 1", "compares a boolean with a number", "a condition by itself"),
        ("fever > 0", "compares a boolean with a number", "a condition by itself"),
        ("fever = 'yes'", "compares a boolean with a category", "a condition by itself"),
        ("age = 'old'", "compares a number with a category", "numbers with numbers"),
        ("age > '60'", "compares a number with a category", "numbers with numbers"),
        ("phase = 3", "compares a category with a number", "categories with their values"),
        ("age", "`age` gives a number; a boolean is needed", "write a condition"),
        ("phase", "`phase` gives a category; a boolean is needed", "write a condition"),
        ("age + 1", "gives a number; a boolean is needed", "write a condition"),
        ("NOT age", "NOT needs conditions, but `age` is a number", "compare it, for example `age >= 60`"),
        ("fever AND age", "AND needs conditions, but `age` is a number", "compare it, for example `age >= 60`"),
        ("fever AND age + 1", "AND needs conditions, but `age + 1` is a number", "compare it, for example `age + 1 >= 1`"),
        ("fever AND phase", "AND needs conditions, but `phase` is a category", "compare it, for example `phase = 'acute'`"),
        ("age > 60 OR 70", "OR needs conditions, but `70` is a number", "compare it with a fact"),
        ("phase = 'acute' OR 'chronic'", "OR needs conditions, but `'chronic'` is a category", "in brackets after IN"),
        ("age + fever > 3", "`age + fever` calculates with a boolean", "calculate with numbers only"),
        ("age + phase > 3", "`age + phase` calculates with a category", "calculate with numbers only"),
        ("40 < age < 60", "compares a boolean with a number", ""),
        ("(fever, fatigue)", "`(fever, fatigue)`", ""),
    ),
    section(
        "Numbers that cannot be meant",
        """Ranges and steps of the facts catch wrong units, typing errors and conditions that can never hold.""",
        ("age > 130", "130 is outside the plausible range of `age` (0 to 120 years)", "check the number and its unit"),
        ("temperature > 98.6", "98.6 is outside the plausible range of `temperature`", "check the number and its unit"),
        ("130 < age", "130 is outside the plausible range of `age`", "check the number and its unit"),
        ("balance < -11", "-11 is outside the plausible range of `balance`", "check the number and its unit"),
        ("age BETWEEN 200 AND weight", "200 is outside the plausible range of `age`", "check the number and its unit"),
        ("age BETWEEN weight AND 60.5", "60.5 is off the step of `age` (1)", "use a multiple of 1"),
        ("age BETWEEN 40 AND 200", "200 is outside the plausible range of `age`", "check the number and its unit"),
        ("age > 40.5", "40.5 is off the step of `age` (1)", "use a multiple of 1"),
        ("weight > 80.25", "80.25 is off the step of `weight` (0.5)", "use a multiple of 0.5"),
        ("temperature > 37.55", "37.55 is off the step of `temperature` (0.1)", "use a multiple of 0.1"),
        ("age < 0", "`age < 0` can never hold", "check the comparison"),
        ("age > 120", "`age > 120` can never hold", "check the comparison"),
        ("age BETWEEN 60 AND 40", "can never hold", "smaller number first"),
        ("age > 60 AND age < 50", "no value of `age` satisfies all its comparisons", "check < and >"),
        ("age > 60 AND age < 61", "no value of `age` satisfies all its comparisons", "check < and >"),
        ("temperature > 37.5 AND temperature < 37.6", "no value of `temperature`", "check < and >"),
        ("age = 60 AND fever AND age = 61", "no value of `age` satisfies all its comparisons", "check < and >"),
        ("age = 60 AND age <> 60", "no value of `age` satisfies all its comparisons", "check < and >"),
        ("age >= 60 AND age < 62 AND age <> 60 AND age <> 61", "no value of `age`", "check < and >"),
        ("age >= 120 AND age <> 120", "no value of `age` satisfies all its comparisons", "check < and >"),
        ("NOT fever OR (age BETWEEN 60 AND 70 AND age < 50)", "no value of `age`", "check < and >"),
        ("3 < 4", "`3 < 4` compares two constants", "compare a fact"),
        ("1 + 2 < 4", "`1 + 2 < 4` compares two constants", "compare a fact"),
        ("3 BETWEEN 1 AND 5", "compares constants", "compare a fact"),
        ("1 + 2 BETWEEN 1 AND 5", "compares constants", "compare a fact"),
        ("age > 1e400", "1e400 is too large", "inside the range of the fact"),
        ("weight * 2e9 > 1", "2e9 is too large", "inside the range of the fact"),
        ("weight / 1e-99 > 1", "`weight / 1e-99` can become too large", "check the factors and divisors"),
        ("weight / height = 40", "tests computed numbers for equality", "computed numbers are not exact"),
        ("age * 2 <> 60", "tests computed numbers for equality", "computed numbers are not exact"),
        ("age / 0 > 3", "`age / 0` might divide by zero", "range excludes 0"),
        ("age / balance > 3", "`age / balance` might divide by zero", "range excludes 0"),
        ("age / (height - 1) > 3", "might divide by zero", "range excludes 0"),
        ("-age > 3", "`-age` is not part of the rule language", ""),
        ("age BETWEEN SYMMETRIC 60 AND 40", "BETWEEN SYMMETRIC", "smaller number first"),
        ("age IN (60, 61)", "IN is for category facts", "use BETWEEN or comparisons"),
    ),
    section(
        "Categories",
        "",
        ("phase = 'akute'", "'akute' is not a value of `phase`", "did you mean `acute`"),
        ("phase = 'Acute'", "'Acute' is not a value of `phase`", "did you mean `acute`"),
        ("phase IN ('acute', 'cronic')", "'cronic' is not a value of `phase`", "did you mean `chronic`"),
        ("sex = 'x'", "'x' is not a value of `sex`", "values are: female, male"),
        ("phase = ''", "'' is not a value of `phase`", "values are: acute, subacute, chronic"),
        ("phase < 'chronic'", "orders category values", "categories have no order"),
        ("phase >= 'acute'", "orders category values", "categories have no order"),
        ("phase BETWEEN 'acute' AND 'chronic'", "BETWEEN needs numbers", "use IN for categories"),
        ("phase = sex", "does not compare a category fact with one of its values", "`fact = 'value'`"),
        ("'acute' = 'acute'", "does not compare a category fact with one of its values", "`fact = 'value'`"),
        ("phase IN ()", "IN needs a list of values", "IN ('a', 'b')"),
        ("phase IN 'acute'", "IN needs a list of values", "IN ('a', 'b')"),
        ("phase IN ['acute']", "`[` is not part of the rule language", "round brackets"),
        ("phase = acute", "`acute` is not a fact", "write the value in single quotes: `phase = 'acute'`"),
        ("akute <> phase", "`akute` is not a fact", "write the value in single quotes: `phase = 'acute'`"),
        ("phase = zzz", "`zzz` is not a fact", "values stand in single quotes: 'acute', 'subacute', 'chronic'"),
        ("phase IN (acute)", "IN takes only values in single quotes", "IN ('a', 'b')"),
        ("phase IN ('acute', NULL)", "IN takes only values in single quotes", "IN ('a', 'b')"),
        ("fever IN ('yes')", "IN is for category facts", ""),
        ("phase = 'acute' AND phase = 'chronic'", "no value of `phase` satisfies all its conditions", "use OR, or IN"),
        (
            "phase IN ('acute', 'subacute') AND phase = 'chronic'",
            "no value of `phase` satisfies all its conditions",
            "use OR, or IN",
        ),
        ("phase = 'acute' AND phase <> 'acute'", "no value of `phase` satisfies all its conditions", "use OR, or IN"),
        (
            "phase = 'acute' AND phase NOT IN ('acute', 'chronic')",
            "no value of `phase` satisfies all its conditions",
            "use OR, or IN",
        ),
    ),
    section(
        "Names",
        "",
        ("fevr", "`fevr` is not a fact", "did you mean `fever`?"),
        ("FEVER", "`FEVER` is not a fact", "did you mean `fever`"),
        ("temp > 38", "`temp` is not a fact", "did you mean `temperature`?"),
        ("pregnancyweek >= 20", "`pregnancyweek` is not a fact", "`pregnancy_week`"),
        ("zzz", "`zzz` is not a fact", ""),
        ("patient.age > 3", "`patient.age` is not a fact", "single words with underscores"),
        ('"fever"', '"fever" stands in double quotes', "facts without quotes"),
        ('phase = "acute"', '"acute" stands in double quotes', "category values in single quotes"),
        ("fever[1]", "`fever[1]`", ""),
        ("@fever", "not part of the rule language", ""),
    ),
    section(
        "Counting",
        "",
        ("AT_LEAST(3, fever, fatigue)", "asks for 3 of 2 conditions", "between 1 and their count"),
        ("AT_LEAST(0, fever, fatigue)", "asks for 0 of 2 conditions", "between 1 and their count"),
        ("AT_LEAST(-1, fever, fatigue)", "the first argument of AT_LEAST is a whole number", "AT_LEAST(2, a, b, c)"),
        ("AT_LEAST(1.5, fever, fatigue)", "the first argument of AT_LEAST is a whole number", "AT_LEAST(2, a, b, c)"),
        ("AT_LEAST(age, fever, fatigue)", "the first argument of AT_LEAST is a whole number", "AT_LEAST(2, a, b, c)"),
        ("AT_LEAST(fever, fatigue)", "the first argument of AT_LEAST is a whole number", "AT_LEAST(2, a, b, c)"),
        ("AT_LEAST()", "the first argument of AT_LEAST is a whole number", "AT_LEAST(2, a, b, c)"),
        ("AT_LEAST(1)", "asks for 1 of 0 conditions", "between 1 and their count"),
        ("AT_LEAST(2, fever, fever)", "counts the same condition twice", "write each condition once"),
        ("AT_LEAST(1, age > 60, fever, 60 < age)", "counts the same condition twice", "write each condition once"),
        ("AT_LEAST(2, fever, age)", "AT_LEAST needs conditions, but `age` is a number", "compare it"),
    ),
    section(
        "Spelling",
        """A unit after a number reads as an alias in SQL, so it has its own words here.""",
        ("!fever", "`!` is not part of the rule language", "write NOT"),
        ("age == 60", "`==` is not part of the rule language", "write = once"),
        ("age < 30 years", "`age < 30 AS years`", "(a unit?)"),
        ("weight > 80kg", "`weight > 80 AS kg`", "(a unit?)"),
        ("age < 30 AS young", "`age < 30 AS young`", "remove it"),
        ("fever fatigue", "`fever AS fatigue`", "remove it"),
        ("age < 30 -- young", "without `;` and comments", "`why` or `note`"),
        ("age < 30 /* young */", "without `;` and comments", "`why` or `note`"),
        ("age < 30;", "without `;` and comments", "`why` or `note`"),
        ("fever; DROP TABLE facts", "without `;` and comments", "`why` or `note`"),
        ("", "the condition is empty", "write TRUE"),
        ("fever AND", "is not a SQL expression", "check brackets, quotes and operators"),
        ("AND fever", "is not a SQL expression", "check brackets, quotes and operators"),
        ("(fever", "is not a SQL expression", "check brackets, quotes and operators"),
        ("fever)", "is not a SQL expression", "check brackets, quotes and operators"),
        ("phase = 'acute", "is not a SQL expression", "check brackets, quotes and operators"),
        ("age => 60", "is not a SQL expression", "check brackets, quotes and operators"),
        ("age ≥ 60", "is not a SQL expression", "check brackets, quotes and operators"),
        ("age > 60,5", "is not a SQL expression", "check brackets, quotes and operators"),
        ("fever XOR fatigue", "is not a SQL expression", "check brackets, quotes and operators"),
        ("fever, fatigue", "is not a SQL expression", "check brackets, quotes and operators"),
    ),
)
REFUSALS = [refusal for each in SECTIONS for refusal in each.refusals]

OTHERS = [
    Refusal(" \n ", "the condition is empty", "write TRUE"),
    Refusal("fever", "`fever` gives a boolean; a number is needed", "write a number", "number"),
    Refusal("phase", "`phase` gives a category; a number is needed", "write a number", "number"),
    Refusal("age >= 60", "gives a boolean; a number is needed", "write a number", "number"),
    Refusal("age", "`age` gives a number; a category is needed", "single quotes", "category"),
    Refusal("fever", "`fever` gives a boolean; a category is needed", "single quotes", "category"),
]

SEVERAL = [
    ("fevr AND ag > 3", ["`fevr` is not a fact", "`ag` is not a fact"]),
    ("fevr OR phase = 'akute' OR age > 130", ["`fevr`", "'akute'", "130 is outside"]),
    ("AT_LEAST(2, fevr, ftigue, age)", ["`fevr`", "`ftigue`", "`age` is a number"]),
    ("agee + wight > 3", ["`agee`", "`wight`"]),
    ("agee > wight", ["`agee`", "`wight`"]),
    ("age > 40.5 AND weight > 400", ["40.5 is off the step", "400 is outside"]),
    ("phase IN ('akute', 'cronic')", ["'akute'", "'cronic'"]),
    ("NOT (fevr OR NOT ftigue)", ["`fevr`", "`ftigue`"]),
    ("age BETWEEN 50.5 AND 130", ["50.5 is off the step", "130 is outside"]),
    ("(age > 60 AND age < 50) OR (pain > 6 AND pain < 5)", ["no value of `age`", "no value of `pain`"]),
    ("COALESCE(fever, FALSE) AND fatigue IS NULL", ["COALESCE", "`fatigue IS NULL`"]),
    ("agee BETWEEN lwo AND hgh", ["`agee`", "`lwo`", "`hgh`"]),
    ("fevr AND age > 60 AND age < 50", ["`fevr`", "no value of `age`"]),
    ("AT_LEAST(x, fevr)", ["whole number", "`fevr`"]),
    ("AT_LEAST(2, fever, fever, fevr)", ["twice", "`fevr`"]),
    ("phase IN ('akute', cronic)", ["'akute'", "only values in single quotes"]),
    ("!fevr", ["`!`", "`fevr`"]),
]


@pytest.mark.parametrize("refusal", [*REFUSALS, *OTHERS], ids=lambda refusal: f"{refusal.needed}: {refusal.text}")
def test_is_refused_with_reason_and_suggestion(refusal: Refusal) -> None:
    findings = findings_of(refusal)
    assert any(is_said(refusal, finding) for finding in findings), findings


@pytest.mark.parametrize("refusal", [*REFUSALS, *OTHERS], ids=lambda refusal: f"{refusal.needed}: {refusal.text}")
def test_messages_are_short_and_plain(refusal: Refusal) -> None:
    for finding in findings_of(refusal):
        assert len(finding.what) <= 200
        assert "\n" not in finding.what
        assert "Traceback" not in finding.what and "sqlglot" not in finding.what


@pytest.mark.parametrize(("text", "parts"), SEVERAL, ids=[text for text, _ in SEVERAL])
def test_every_problem_is_said_at_once(text: str, parts: list[str]) -> None:
    said = [finding.what for finding in findings_of(Refusal(text, "", ""))]
    assert [part for part in parts if not any(part in what for what in said)] == []


@pytest.mark.parametrize("text", [refusal.text for refusal in REFUSALS if refusal.text.strip()])
def test_a_refused_part_spoils_the_whole(text: str) -> None:
    expression, findings = check_expression(f"fatigue OR ({text})", "boolean", FACTS)
    assert expression is None and findings


DEEP = {
    "10,000 brackets": "(" * 10_000 + "fever" + ")" * 10_000,
    "10,000 open brackets": "(" * 10_000,
    "10,000 times NOT": "NOT " * 10_000 + "fever",
    "3,000 times AT_LEAST": "AT_LEAST(1, " * 3_000 + "fever" + ")" * 3_000,
    "5,000 summands": " + ".join(["age"] * 5_000) + " > 3",
    "400 nested conditions": "fever OR (fatigue AND " * 400 + "fever" + ")" * 400,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_a_finding_and_not_a_crash(text: str) -> None:
    begin = time.perf_counter()
    expression, findings = check_expression(text, "boolean", FACTS)
    assert expression is None
    assert [finding.what for finding in findings] == ["the condition is nested too deeply"]
    assert "derived fact" in findings[0].suggestion
    assert time.perf_counter() - begin < 10


@pytest.mark.parametrize(
    "text", ["age > " + "9" * 400, "f" * 400, f'"{"f" * 400}"', f"phase = {'f' * 400}", f"phase = '{'f' * 400}'"]
)
def test_what_is_long_is_not_repeated_in_full(text: str) -> None:
    assert [len(finding.what) <= 200 for finding in findings_of(Refusal(text, "", ""))] == [True]


@pytest.mark.parametrize("count", ["9" * 5_000, "1e400"])
def test_a_count_beyond_all_numbers_is_a_finding(count: str) -> None:
    assert findings_of(Refusal(f"AT_LEAST({count}, fever, fatigue)", "", ""))


def test_examples_in_suggestions_are_accepted() -> None:
    for name in FACTS:
        for finding in findings_of(Refusal(f"{name} AND TRUE", "", "")) if FACTS[name].type != "boolean" else ():
            example = finding.suggestion.split("`")[1]
            assert check_expression(example, "boolean", FACTS)[1] == [], example


def test_long_flat_conditions_are_fine() -> None:
    expression, findings = check_expression(" OR ".join(["fever", "age > 60"] * 1_000), "boolean", FACTS)
    assert findings == [] and expression is not None


@pytest.mark.parametrize(
    ("text", "needed"),
    [("age", "number"), ("age + 1", "number"), ("-3", "number"), ("phase", "category"), ("'acute'", "category")],
)
def test_other_types_are_accepted_where_they_are_needed(text: str, needed: ValueType) -> None:
    expression, findings = check_expression(text, needed, FACTS)
    assert findings == [] and expression is not None


def test_unknown_names_can_be_explained_by_the_caller() -> None:
    _, findings = check_expression("alert_fire", "boolean", FACTS, lambda name: f"{name} is an alert and not usable here.")
    assert [finding.suggestion for finding in findings] == ["alert_fire is an alert and not usable here."]


def test_there_are_many_refusals_and_none_twice() -> None:
    texts = [refusal.text for refusal in REFUSALS]
    assert len(texts) == len(set(texts)) >= 45
