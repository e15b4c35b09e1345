"""A FHIR R4 Bundle of one patient to PatientFacts.

What enters is decoded JSON; what leaves are facts that remember the resource and date they come from. The order of the entries
has no influence. Only an input that is no R4 Bundle of one patient is refused; what else cannot be used is left out and said.
"""

from __future__ import annotations

from datetime import date

from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import Knowledge
from spineplan.model.problems import InputError, Place, Problem
from spineplan.records.fhir_allergies import read_allergies
from spineplan.records.fhir_conditions import read_conditions, read_devices, read_procedures
from spineplan.records.fhir_findings import Findings
from spineplan.records.fhir_medicines import read_medicines
from spineplan.records.fhir_observations import read_observations
from spineplan.records.fhir_reading import Index, Moment, Resource, as_dict, as_text, belongs_to, dicts, moment
from spineplan.records.fhir_version import read_resources
from spineplan.records.names import Names
from spineplan.records.phrases import iso_date

_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_YEARS = range(1900, 2200)
_NOT_READ = ("MedicationDispense", "FamilyMemberHistory")
_SEXES = {"female": "female", "male": "male", "f": "female", "m": "male"}


def is_bundle(data: object) -> bool:
    """Whether decoded JSON is meant as FHIR: it names a resource type. `read_bundle` refuses any other than a Bundle."""
    return isinstance(data, dict) and isinstance(data.get("resourceType"), str)


def read_bundle(name: str, data: object, knowledge: Knowledge, today: str, names: Names | None = None) -> PatientFacts:
    """The facts of the one patient of a FHIR R4 Bundle.

    `name` stands in places, `data` is decoded JSON, `today` an ISO date that `Bundle.timestamp` replaces; `names` may be shared
    by many calls. Raises InputError with every problem (path such as `entry[3].resource.clinicalStatus`) when it is unusable.
    """
    try:
        return _read(name, data, knowledge, today, names)
    except RecursionError:
        raise InputError([Problem(Place(name), "the JSON is nested too deeply", "Export the Bundle again.")]) from None


def _read(name: str, data: object, knowledge: Knowledge, today: str, names: Names | None) -> PatientFacts:
    patient, resources, problems = read_resources(name, data)
    stamped = moment(as_dict(data).get("timestamp"))
    as_of = stamped.first if stamped and stamped.first.year in _YEARS else iso_date(today)
    if as_of is None:
        problems.append(Problem(Place(name, 0, "timestamp"), f"`{today}` is not a day", "Give the day as 2026-03-02."))
    if problems or patient is None or as_of is None:
        raise InputError(problems)
    findings = Findings(knowledge, names or Names(knowledge), as_of, Index([patient, *resources]))
    own = [resource for resource in resources if belongs_to(resource, patient)]
    others = len(resources) - len(own)
    if others:
        findings.not_used("Not read", f"{others} {'resource' if others == 1 else 'resources'} of other patients")
    for kind in _NOT_READ:
        count = sum(resource.type == kind for resource in own)
        if count:
            findings.not_used("Not read", f"{count} {kind}")
    _read_patient(findings, patient)
    _read_all(findings, own)
    return findings.hand_over().settle()


def _read_all(findings: Findings, resources: list[Resource]) -> None:
    def of(*kinds: str) -> list[Resource]:
        return [resource for resource in resources if resource.type in kinds]

    conditions = read_conditions(findings, of("Condition"))
    medicines = read_medicines(findings, of("MedicationRequest", "MedicationStatement", "MedicationAdministration"))
    allergies = read_allergies(findings, of("AllergyIntolerance"))
    read_procedures(findings, of("Procedure"))
    read_devices(findings, of("Device"), of("DeviceUseStatement"))
    read_observations(findings, of("Observation"))
    _close(findings, "conditions", conditions, "conditions")
    _close(findings, "medications", medicines, "medicines")
    _close(findings, "allergies", allergies, "allergies")


def _close(findings: Findings, field: str, count: int, what: str) -> None:
    """A list that the record has is taken as complete, and the plan says so."""
    if count and field in findings.knowledge.fields:
        entries = "entry" if count == 1 else "entries"
        findings.gathering.close(field, f"The record's list of {what} ({count} {entries}) is taken as complete.")


def _read_patient(findings: Findings, patient: Resource) -> None:
    findings.gathering.name = patient.id
    findings.gathering.given.add("patient")
    born = patient.moment("birthDate")
    if born is not None:
        _age(findings, patient, born)
    gender = _SEXES.get(patient.text("gender").lower())
    at_birth = _birth_sex(patient)
    if gender and at_birth and gender != at_birth:
        findings.not_used("Contradictory in the record", "sex and sex at birth")
    elif gender or (at_birth and not patient.text("gender")):
        findings.state("sex", gender or at_birth or "", patient, "gender")
    if patient.get("deceasedDateTime") or patient.get("deceasedBoolean") is True:
        findings.not_used("The record says", "the patient has died")


def _age(findings: Findings, patient: Resource, born: Moment) -> None:
    """Completed years; the higher age where only the year or month of birth is recorded, shown as an assumption."""
    highest, lowest = _years(born.first, findings.as_of), _years(born.last, findings.as_of)
    if findings.state("age", float(highest), patient, f"born {born.text}") and highest != lowest:
        findings.assume("age", str(highest), f"Only {born.text} is recorded as the date of birth; the higher age is used.")


def _years(born: date, as_of: date) -> int:
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def _birth_sex(patient: Resource) -> str | None:
    for extension in dicts(patient.get("extension")):
        if as_text(extension.get("url")) == _BIRTH_SEX:
            return _SEXES.get(as_text(extension.get("valueCode")).lower())
    return None
