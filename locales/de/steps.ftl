# Die Schritte, in denen etwas geschieht, nach ihren gespeicherten Namen. Auf Englisch nennt sie der Treiber; was hier fehlt,
# steht so auf der Seite.

step-label-account = das Konto vorbereiten
step-label-account-password = ein neues Passwort für die Verwaltungsoberfläche setzen
step-label-baseline = die Server des Kontos auflisten
step-label-build = das Betriebssystem installieren
step-label-check = die Bestellung prüfen
step-label-close = nicht mehr gebrauchte Konten aufräumen
step-label-console = eine Konsole öffnen
step-label-delete = den Server löschen
step-label-disk = die Größe der Festplatte ändern
step-label-dry-run = die Bestellung ohne Wirkung prüfen
step-label-handover = den Server übergeben
step-label-identify = den Server wiedererkennen
step-label-installed = auf die Installation warten
step-label-keys = die SSH-Schlüssel suchen
step-label-machine = den Server anlegen
step-label-name = den Hostnamen wählen
step-label-off = den Server ausschalten
step-label-package = das Paket wechseln
step-label-password = ein neues Passwort setzen
step-label-policies = die Regeln der Sicherungen löschen
step-label-power = den Server schalten
step-label-read = den Server lesen
step-label-ready = auf den Server warten
step-label-reinstall = das Betriebssystem installieren
step-label-rename = den Server umbenennen
step-label-restore = nachsehen, ob der Server zurückgeholt werden muss
step-label-restore-power = den Server wieder einschalten
step-label-shutdown = den Server herunterfahren
step-label-sign-on = eine Anmeldung anfordern
step-label-ssh-key = den SSH-Schlüssel vorbereiten
step-label-staging = ein Konto vorbereiten
step-label-suspend = den Server sperren
step-label-template = das Betriebssystem suchen
step-label-unsuspend = den Server freigeben
step-label-validate = die Bestellung prüfen lassen
