"""What each kind of entry is called for readers: in English, and where a language has none, its code."""

from __future__ import annotations

from paraplu.audit.kinds import CATALOGUE

LANGUAGES = ("en", "nl", "da")

# Code: Dutch; Danish
_LABELS = """
log-opened: Logboek geopend; Log åbnet
log-verified: Logboek gecontroleerd; Log kontrolleret
log-exported: Logboek uitgevoerd; Log eksporteret
head-signed: Kop ondertekend; Hoved underskrevet
key-created: Sleutel gemaakt; Nøgle lavet
person-added: Persoon toegevoegd; Person tilføjet
settings-applied: Instellingen van kracht; Indstillinger trådt i kraft
calendar-applied: Kalender van kracht; Kalender trådt i kraft
holidays-accepted: Feestdagen aanvaard; Helligdage godkendt
proposal-made: Wijziging voorgesteld; Ændring foreslået
proposal-accepted: Voorstel aanvaard; Forslag godkendt
proposal-declined: Voorstel afgewezen; Forslag afvist
settings-exported: Instellingen uitgevoerd; Indstillinger eksporteret
database-upgraded: Database bijgewerkt; Database opgraderet
absence-noted: Afwezigheid genoteerd; Fravær noteret
absence-ended: Afwezigheid beëindigd; Fravær afsluttet
notice-sent: Bericht verzonden; Besked sendt
notice-given-up: Bericht opgegeven; Besked opgivet
demo-claim: Voor een ander opgetreden (demo); Handlet som en anden (demo)
signed-in: Aangemeld; Logget ind
signed-out: Afgemeld; Logget ud
credential-used: Robotaccount gebruikt; Robotkonto brugt
personal-data-read: Persoonsgegevens gelezen; Personoplysninger læst
receipt-taken-in: Levering aangenomen; Leverance modtaget
receipt-stopped: Levering aangehouden; Leverance standset
receipt-released: Levering vrijgegeven; Leverance frigivet
file-refused: Bestand geweigerd; Fil afvist
file-known: Bestand al bekend; Fil kendt i forvejen
row-refused: Rij geweigerd; Række afvist
row-duplicate: Rij dubbel; Række dobbelt
case-received: Zaak ontvangen; Sag modtaget
case-checked: Zaak gecontroleerd; Sag kontrolleret
case-taken: Zaak in behandeling genomen; Sag taget i hånd
case-handed-back: Zaak teruggegeven; Sag givet tilbage
case-replied: Antwoord gegeven; Svaret
case-withdrawn: Zaak ingetrokken; Sag trukket tilbage
closed-by-hand: Met de hand afgerond; Afsluttet i hånden
returned: Terug naar de klant; Tilbage til kunden
exception-opened: Apart gelegd voor een mens; Lagt til side til et menneske
case-planned: Gepland; Planlagt
already-so: Was al zo; Var allerede sådan
rehearsed: Gerepeteerd; Øvet
approval-asked: Goedkeuring gevraagd; Godkendelse ønsket
approval-passed-on: Goedkeuring doorgegeven; Godkendelse givet videre
approved: Goedgekeurd; Godkendt
declined: Afgewezen; Afvist
intent: Voornemen; Hensigt
action: Handeling; Handling
outcome-confirmed: Gedaan zoals gevraagd; Udført som ønsket
outcome-nothing: Er was niets veranderd; Intet var ændret
outcome-collateral: Er veranderde iets ongevraagds; Noget uønsket ændrede sig
intent-resolved: Voornemen uitgezocht; Hensigt opklaret
evidence-kept: Bewijs bewaard; Bevis gemt
bundle-exported: Bewijspakket overhandigd; Bevispakke udleveret
answer-written: Antwoord geschreven; Svar skrevet
answer-delivered: Antwoord afgeleverd; Svar afleveret
run-started: Ronde begonnen; Kørsel begyndt
run-ended: Ronde beëindigd; Kørsel afsluttet
run-taken-over: Ronde overgenomen; Kørsel overtaget
run-fenced: Ronde buitengesloten; Kørsel lukket ude
run-stop-asked: Gevraagd te stoppen; Bedt om at stoppe
run-paused: Ronde gepauzeerd; Kørsel sat på pause
schedule-planned: Rondes gepland; Kørsler planlagt
planned-run-due: Geplande ronde aan de beurt; Planlagt kørsel skal i gang
planned-run-missed: Geplande ronde gemist; Planlagt kørsel misset
planned-run-skipped: Geplande ronde overgeslagen; Planlagt kørsel sprunget over
planned-run-paused: Geplande ronde gepauzeerd; Planlagt kørsel på pause
planned-run-merged: Geplande ronde samengevoegd; Planlagt kørsel lagt sammen
planned-run-restored: Geplande ronde hersteld; Planlagt kørsel genoprettet
pause-begun: Pauze begonnen; Pause begyndt
pause-ended: Pauze beëindigd; Pause afsluttet
watch-opened: Bewaking begonnen; Overvågning begyndt
watch-fulfilled: Bewaking vervuld; Overvågning opfyldt
watch-missed: Bewaking gemist; Overvågning misset
"""


def kinds_in(language: str) -> dict[str, str]:
    """What every kind of the catalogue is called in a language: ``en``, ``nl`` or ``da``."""
    found = {code: code.replace("-", " ").capitalize() for code in CATALOGUE}
    if language != "en":
        for line in _LABELS.strip().splitlines():
            code, _, labels = line.partition(": ")
            dutch, _, danish = labels.partition("; ")
            if code in found:
                found[code] = danish if language == "da" else dutch
    return found
