"""A certificate as HTML for notebooks: what it claims, about which model, and how to check it."""

from typing import TYPE_CHECKING

from deepcheck.display.markup import fact_list, section, verdict_line

if TYPE_CHECKING:
    from deepcheck.certify.certificate import Certificate


def certificate_html(found: "Certificate") -> str:
    """The claim with its scope, the model, and how to check it."""
    held, claim = found.held, found.held["claim"]
    size, features = claim["size"], len(claim["features"])
    some = f"at most {size} of {features:,} feature{'s' * (features != 1)}"
    facts = [
        ("model", f"{held['model']['name']} (sha256 {str(held['model']['sha256'])[:12]}...)"),
        ("label", str(held["label"])),
        ("lists", f"{found.attacks:,} attackable sets, {found.undecided:,} undecided; all others are refuted in it"),
        ("digest", str(held["digest"])),
        ("to check it", "deepcheck.save_certificate(it, file); deepcheck.check(file, model)"),
    ]
    return section(verdict_line(found.verdict, f"certificate ({found.scope}, {some}{found.aim})"), fact_list(facts))
