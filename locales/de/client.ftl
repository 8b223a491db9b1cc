# Was Kunden lesen. Dieselben Nachrichten mit denselben Argumenten wie im Englischen; ein Test vergleicht beide.

product = Hostler
back = Zurück
skip = Zum Inhalt
notice-title = Das hat nicht geklappt

client-panel = Server-Verwaltung
client-server = Server
client-addresses = Adressen
client-power = Stromversorgung
client-lost = Die Seite lässt sich gerade nicht aktualisieren. Sie versucht es von selbst weiter.
client-session-ended = Sie sind nicht mehr angemeldet. Laden Sie die Seite neu, um sich wieder anzumelden.
client-stale = Die Plattform hat eine Weile nicht geantwortet. Sie sehen den letzten bekannten Stand; was Sie jetzt veranlassen, geschieht, sobald sie wieder antwortet.

as-of = Stand:
ago-seconds = { $n ->
    [0] gerade eben
    [one] vor { $n } Sekunde
   *[other] vor { $n } Sekunden
}
ago-minutes = { $n ->
    [one] vor { $n } Minute
   *[other] vor { $n } Minuten
}
ago-hours = { $n ->
    [one] vor { $n } Stunde
   *[other] vor { $n } Stunden
}
ago-days = { $n ->
    [one] vor { $n } Tag
   *[other] vor { $n } Tagen
}
ago-weeks = { $n ->
    [one] vor { $n } Woche
   *[other] vor { $n } Wochen
}
ago-months = { $n ->
    [one] vor { $n } Monat
   *[other] vor { $n } Monaten
}
ago-years = { $n ->
    [one] vor { $n } Jahr
   *[other] vor { $n } Jahren
}
in-seconds = { $n ->
    [0] jetzt
    [one] in { $n } Sekunde
   *[other] in { $n } Sekunden
}
in-minutes = { $n ->
    [one] in { $n } Minute
   *[other] in { $n } Minuten
}
in-hours = { $n ->
    [one] in { $n } Stunde
   *[other] in { $n } Stunden
}
in-days = { $n ->
    [one] in { $n } Tag
   *[other] in { $n } Tagen
}
in-weeks = { $n ->
    [one] in { $n } Woche
   *[other] in { $n } Wochen
}
in-months = { $n ->
    [one] in { $n } Monat
   *[other] in { $n } Monaten
}
in-years = { $n ->
    [one] in { $n } Jahr
   *[other] in { $n } Jahren
}
month-1 = Jan
month-2 = Feb
month-3 = Mär
month-4 = Apr
month-5 = Mai
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Okt
month-11 = Nov
month-12 = Dez
# Was vor den Nachkommastellen einer Zahl steht.
decimal-mark = ,
# Ein Geldbetrag mit dem Zeichen seiner Währung, und mit ihrem Kürzel, wo sie kein Zeichen hat.
money = { $amount }{ "\u00A0" }{ $sign }
money-code = { $amount }{ "\u00A0" }{ $code }

state-none = Nicht eingerichtet
state-none-hint = Zu diesem Vertrag gibt es noch keinen Server.
state-building = Wird eingerichtet
state-building-hint = Ihr Server wird aufgebaut. Sie können die Seite verlassen; es geht von selbst weiter.
state-suspended = Gesperrt
state-suspended-hint = Ihr Server ist ausgeschaltet und bleibt erhalten. Seine Daten sind noch da.
state-ending = Wird beendet
state-ending-hint = Dieser Vertrag wird beendet.
state-ended = Beendet
state-ended-hint = Dieser Vertrag ist beendet, und sein Server ist gelöscht.
state-missing = Nicht gefunden
state-missing-hint = Die Plattform kennt diesen Server gerade nicht. Bitte wenden Sie sich an den Support.
state-unknown = Nicht bekannt
state-unknown-hint = Der Zustand des Servers wurde noch nicht gelesen.
state-failed = Aufbau misslungen
state-failed-hint = Der Server konnte nicht aufgebaut werden. Bitte wenden Sie sich an den Support.
state-held = Angehalten
state-held-hint = Die Plattform hält diesen Server an. Bitte wenden Sie sich an den Support.
state-running = Läuft
state-running-hint = Ihr Server ist eingeschaltet.
state-off = Aus
state-off-hint = Ihr Server ist ausgeschaltet.
state-ready = Bereit
state-ready-hint = Ihr Server ist eingerichtet.

operation-create = Einrichtung
operation-suspend = Sperrung
operation-unsuspend = Aufhebung der Sperrung
operation-terminate = Beendigung
operation-change-package = Wechsel des Pakets
operation-power-boot = Einschalten
operation-power-shutdown = Herunterfahren
operation-power-restart = Neustart
operation-power-poweroff = Ausschalten
operation-rename = Umbenennung
operation-reset-password = Neues Passwort
operation-reset-account-password = Neues Passwort für die Verwaltungsoberfläche
operation-reset-account-password-named = Neues Passwort für { $panel }
operation-reinstall = Neuinstallation
operation-console = Konsole
operation-edit-name = Name einer Adresse
operation-sign-on = Anmeldung
operation-state-queued = wartet
operation-state-running = läuft
operation-state-asking = braucht unsere Mitarbeiter
operation-state-succeeded = erledigt
operation-state-failed = fehlgeschlagen
operation-state-cancelled = zurückgenommen
operation-state-superseded = ersetzt
operation-id = Kennung für den Support: { $id },

progress-bar = Fortschritt
progress-count = { $done } von { $total } Schritten erledigt
step-done = erledigt
step-current = in Arbeit
step-waiting = steht noch aus

next-queued = Es beginnt, sobald beendet ist, was vorher verlangt wurde.
next-working = Daran wird gerade gearbeitet.
next-waiting = Es geht von selbst weiter; nachgesehen wird
next-window = Bis dahin lässt es sich zurücknehmen:
next-asking = Unsere Mitarbeiter sind benachrichtigt und kümmern sich darum. Sie müssen nichts tun.
next-succeeded = Mehr ist nicht zu tun.
next-failed = Nichts ist halb erledigt zurückgeblieben. Sie können es noch einmal versuchen oder sich mit der Kennung unten an den Support wenden.
next-ended = Mehr geschieht nicht.

# Warum etwas wartet oder warum es geendet hat.
cause-busy = Der Server ist gerade gesperrt oder beschäftigt. Es wird von selbst noch einmal versucht.
cause-unreachable = Die Plattform des Servers ist gerade nicht zu erreichen. Es wird von selbst noch einmal versucht.
cause-held-up = Bisher ging es nicht. Es wird von selbst noch einmal versucht.
cause-answer-lost = Es wurde abgeschickt, und es kam keine Antwort. Gerade wird nachgesehen, was daraus geworden ist.
cause-taken = Es wurde angenommen und ist gleich zu sehen.
cause-interrupted = Der Vertrag wird gesperrt oder beendet, das geht vor.
cause-refused = Es wurde abgelehnt.
cause-untouched = Es endete, bevor etwas geändert wurde.
cause-not-opened = Es ließ sich nicht öffnen. Ist der Server ausgeschaltet, schalten Sie ihn zuerst ein; sonst versuchen Sie es gleich noch einmal.
cause-too-late = Es hat zu lange gedauert und wurde beendet.
cause-failed = Es ist nicht gelungen.
cause-taken-back = Es wurde zurückgenommen.
cause-replaced = Etwas, das später verlangt wurde, ist an seine Stelle getreten.

addresses-unknown = Die Adressen stehen hier, sobald Ihr Server sie hat.
addresses-none = Dieser Server hat keine Adressen.
copy = Kopieren
copy-address = { $address } kopieren
copied = { $text } kopiert
not-copied = Das Kopieren ging nicht. Bitte markieren und kopieren Sie es von Hand.

power-boot = Einschalten
power-restart = Neu starten
power-shutdown = Herunterfahren
power-poweroff = Ausschalten
power-confirm-poweroff = Ausschalten trennt den Strom sofort; was nicht gespeichert ist, geht verloren. Fortfahren?
power-note-permission = Ihr Benutzer darf diesen Server ansehen, aber nicht ändern. Der Inhaber des Kontos kann es erlauben.
power-note-none = Es gibt noch keinen Server.
power-note-building = Die Schaltflächen gehen, sobald Ihr Server eingerichtet ist.
power-note-suspended = Dieser Vertrag ist gesperrt. Sein Server bleibt aus, bis die Sperrung aufgehoben ist.
power-note-ending = Dieser Vertrag wird beendet. Sein Server lässt sich nicht mehr schalten.
power-note-ended = Dieser Vertrag ist beendet.
power-note-question = Unsere Mitarbeiter müssen zu diesem Server erst etwas klären. Sie sind benachrichtigt.
power-note-busy = Es läuft gerade etwas. Die Schaltflächen gehen wieder, wenn es erledigt ist.

power-confirm-sure = Sind Sie sicher?
client-login = Zugangsdaten
login-user = Benutzername
login-password = Passwort
login-ssh = SSH-Zugang
login-ssh-hint = Geben Sie das in einem Terminal Ihres eigenen Rechners ein.
login-hidden = verborgen
login-reveal = { $seconds } s lang zeigen
login-hiding = Wird in { $seconds } s verborgen
login-not-yours = Ihr Benutzer darf das Passwort nicht sehen. Der Inhaber des Kontos kann es erlauben.
client-console = Konsole
console-open = Konsole öffnen
console-hint = Sie öffnet sich auf dieser Seite, auf kleinen Bildschirmen in einem eigenen Fenster.
console-hint-window = Sie öffnet sich in einem eigenen Fenster und schließt sich, wenn sie eine Weile niemand benutzt oder Sie sich abmelden.
console-blocked = Ihr Browser hat das Fenster der Konsole nicht zugelassen. Erlauben Sie dieser Seite Fenster und versuchen Sie es noch einmal.

screen-title = Konsole von { $name }
screen-bar = Konsole
screen-keys = Strg-Alt-Entf senden
screen-paste = Text eingeben
screen-close = Konsole schließen
screen-leave = Mit der Tastatur verlassen Sie den Bildschirm, indem Sie Strg, Alt und Umschalt zugleich drücken.
screen-text = Der Text wird auf dem Server Zeichen für Zeichen getippt. Dort wird eine US-Tastatur erwartet.
screen-type = Eintippen
screen-cancel = Abbrechen
screen-connecting = Wird verbunden …
screen-script = Die Konsole braucht JavaScript.
screen-missing = Die Konsole steht gerade nicht zur Verfügung. Unser Support weiß mehr.
screen-is-connected = Verbunden.
screen-is-closed = Die Konsole ist geschlossen. Schließen Sie dieses Fenster und öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-viewer = Sie haben die Konsole geschlossen.
screen-is-idle = Die Konsole wurde geschlossen, weil sie eine Weile niemand benutzt hat. Öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-too-long = Die Konsole wurde geschlossen, weil sie sehr lange offen war. Öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-not-in-use = Die Konsole ist geschlossen: Dieser Vertrag wird nicht mehr genutzt.
screen-is-anothers-now = Die Konsole ist geschlossen: Dieser Vertrag gehört jetzt zu einem anderen Konto.
screen-is-session-over = Die Konsole ist geschlossen: Sie sind nicht mehr angemeldet oder dürfen sie nicht mehr benutzen. Melden Sie sich an und öffnen Sie sie neu.
screen-is-signed-off = Die Konsole ist geschlossen, weil Sie sich abgemeldet haben.
screen-is-replaced = Die Konsole ist geschlossen, weil sie in einem anderen Fenster geöffnet wurde.
screen-is-switched-off = Die Konsole wurde ausgeschaltet.
screen-is-platform = Die Verbindung zum Bildschirm des Servers ist beendet. Schließen Sie dieses Fenster und öffnen Sie die Konsole neu.
screen-is-unreachable = Der Bildschirm des Servers ist nicht zu erreichen. Versuchen Sie es gleich noch einmal.
screen-is-security = Der Bildschirm des Servers hat uns nicht eingelassen. Schließen Sie dieses Fenster und öffnen Sie die Konsole neu.
screen-is-full = Gerade sind zu viele Konsolen offen. Versuchen Sie es in ein paar Minuten noch einmal.
screen-is-broken = Das Programm der Konsole ließ sich nicht laden. Laden Sie die Seite Ihres Servers neu und versuchen Sie es noch einmal.
screen-is-no-ticket = Diese Konsole wurde schon geöffnet, oder es ist zu lange her. Öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-stopping = Die Konsole ist wegen Wartung geschlossen. Öffnen Sie sie in einer Minute neu.
screen-is-unknown = Die Konsole wurde geschlossen, weil sich nicht feststellen ließ, ob sie offen bleiben darf. Öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-origin = Diese Konsole wurde von einer anderen Website aus geöffnet. Öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-session = Diese Konsole wurde für eine andere Anmeldung geöffnet. Öffnen Sie sie auf der Seite Ihres Servers neu.
screen-is-fault = Bei uns ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal.

sections = Auf dieser Seite
section-state = Übersicht
section-traffic = Datenverkehr
section-figures = Aktuelle Werte
section-power = Stromversorgung
section-manage = Verwalten
section-reinstall = Neu installieren
section-rdns = Reverse-DNS
section-resources = Ressourcen
section-usage = Verbrauch
section-history = Verlauf
section-billing = Abrechnung
mask = Adressen und Namen verbergen

not-read-yet = Das wurde noch nicht gelesen. Es erscheint hier von selbst.
unmetered = Unbegrenzt
a-month = { $amount } im Monat
cores = { $n ->
    [one] { $n } Kern
   *[other] { $n } Kerne
}
maintenance = Der Host Ihres Servers wird gewartet. Was Sie veranlassen, kann länger dauern.

overview-place = Standort
overview-system = Betriebssystem
overview-kernel = Kernel { $kernel }
overview-created = Angelegt
rename-label = Name
rename-save = Speichern
rename-suggest = Namen vorschlagen
rename-more = Weitere Vorschläge
sign-on = Verwaltungsoberfläche öffnen
sign-on-named = { $panel } öffnen
sign-on-hint = Sie öffnet sich in einem neuen Tab, und Sie sind dort angemeldet.

resource-memory = Arbeitsspeicher
resource-processor = Prozessor
resource-storage = Festplatte
resource-traffic = Datenverkehr
file-systems = Dateisysteme
file-system-used = Belegt von { $mount }
figure-unknown = nicht gemeldet
figures-disk = Festplatte seit dem Einschalten
figures-disk-values = { $read } gelesen, { $written } geschrieben

traffic-used = In diesem Monat verbraucht
traffic-limit = Enthalten
traffic-remaining = Übrig
traffic-caption = Datenverkehr nach Monaten
traffic-month = Monat
traffic-in = Eingehend
traffic-out = Ausgehend

secret-title = Ihr neues Passwort
secret-once = Es wird nur dieses eine Mal gezeigt. Bewahren Sie es so auf, dass nur Sie es lesen können.
secret-name = Benutzer
secret-password = Passwort
secret-copy = Passwort kopieren
secret-copied = Passwort kopiert
secret-forget = Ich habe es aufbewahrt
secret-show = Einmal zeigen
secrets-title = Ein neues Passwort liegt bereit
reset-server = Neues Passwort für den Server
reset-server-confirm = Das Passwort des Administrators auf dem Server wird durch ein neues ersetzt. Fortfahren?
reset-account = Neues Passwort für die Verwaltungsoberfläche
reset-account-named = Neues Passwort für { $panel }
reset-account-confirm = Das Passwort, mit dem Sie sich an der Verwaltungsoberfläche anmelden, wird durch ein neues ersetzt. Fortfahren?
reset-account-confirm-named = Das Passwort, mit dem Sie sich bei { $panel } anmelden, wird durch ein neues ersetzt. Fortfahren?

backups = Sicherungen
backups-all = { $n ->
    [one] { $n } weitere zeigen
   *[other] { $n } weitere zeigen
}
backup-complete = vollständig
backup-running = wird erstellt
backup-restoring = wird eingespielt
backup-deleting = wird gelöscht
backup-incomplete = unvollständig
backup-kept = aufbewahrt bis { $until }

reinstall-unknown = Was sich installieren lässt, wurde noch nicht gelesen. Es erscheint hier von selbst.
reinstall-none = Für diesen Server werden zurzeit keine Betriebssysteme angeboten.
reinstall-warning = Alles auf diesem Server wird gelöscht. Das lässt sich nicht zurücknehmen.
reinstall-search = Suchen
reinstall-found = { $n } gefunden
reinstall-found-none = Nichts gefunden
reinstall-choose = Betriebssystem
reinstall-ended = wird nicht mehr gepflegt
reinstall-hostname = Hostname (freiwillig)
reinstall-hostname-hint = Buchstaben, Ziffern, Bindestriche und Punkte. Bleibt das Feld leer, bleibt der jetzige.
reinstall-key = SSH-Schlüssel (freiwillig)
reinstall-key-none = Kein Schlüssel
reinstall-key-new = Ein anderer Schlüssel
reinstall-key-text = Öffentlicher Schlüssel
reinstall-key-text-hint = Er gilt, wenn „Ein anderer Schlüssel“ gewählt ist, und beginnt mit ssh-ed25519 oder ssh-rsa.
reinstall-sure = Ich weiß, dass alles auf diesem Server gelöscht wird.
reinstall-begin = Neu installieren
reinstall-elapsed = Läuft seit { $seconds } s
reinstall-as-of = Stand der Liste:
keygen = Neuen Schlüssel erzeugen
keygen-private = Ihr privater Schlüssel. Ihr Browser hat ihn erzeugt, und er wird nur dieses eine Mal gezeigt.
keygen-download = Herunterladen
keygen-copy = Kopieren
keygen-hint = Der öffentliche Schlüssel wurde eingetragen.
keygen-unable = Ihr Browser kann keine Schlüssel dieser Art erzeugen.

rdns-hint = Wie eine Adresse rückwärts heißt: ihr PTR-Eintrag, auf den Mailserver achten. Ein leeres Feld entfernt den Namen.
rdns-save = Speichern
rdns-save-of = Speichern: Name von { $address }
rdns-state-confirmed = bestätigt
rdns-state-unconfirmed = führt woandershin
rdns-state-unchecked = nicht geprüft
rdns-state-missing = kein Name
rdns-state-no-forward = kein Vorwärtseintrag
rdns-state-no-zone = keine Zone
rdns-state-unseen = noch nicht nachgesehen
rdns-state-prefix = Netz
rdns-work-changing = Er wird gerade geändert.
rdns-work-waiting = Sie bekommt den Hostnamen des Servers von selbst, sobald er hierher führt.
rdns-several = Hier stehen mehrere Namen: { $hosts }. Was Sie speichern, tritt an die Stelle aller.
rdns-guide-unconfirmed = Legen Sie für { $host } einen { $record }-Eintrag an, der zu { $address } führt, und speichern Sie dann noch einmal.
rdns-guide-several = Nicht alle diese Namen führen zu { $address }. Speichern Sie den, der bleiben soll.
rdns-guide-no-forward = Legen Sie für den gewünschten Hostnamen einen { $record }-Eintrag an, der zu { $address } führt, und speichern Sie diesen Hostnamen dann hier.
rdns-guide-unchecked = Ob { $host } zu { $address } führt, ließ sich nicht nachsehen. Es wird von selbst noch einmal versucht.
rdns-guide-no-zone = Der Name dieser Adresse liegt nicht auf unseren Nameservern. Unser Support weiß mehr.
rdns-add = Host hinzufügen
rdns-add-address = IPv6-Adresse des Hosts
rdns-add-host = Hostname
rdns-add-save = Namen speichern

usage-credit = Guthaben
usage-servers = Server
usage-total = Dieser Monat
usage-addons = Zusätze
usage-report = Bericht
usage-from = Von
usage-until = Bis
usage-spent = Verbraucht
usage-current = laufend
usage-hours = { $hours } h
usage-tokens = { $tokens } Token
usage-none = Noch nichts verbraucht.

history-none = Noch ist nichts geschehen.
history-more = Mehr zeigen
by-you = von Ihnen
by-account = von einem Benutzer Ihres Kontos
by-staff = von unseren Mitarbeitern
by-system = von selbst

# Was auf einen Klick geantwortet wird.
said-power-boot = Das Einschalten läuft.
said-power-shutdown = Das Herunterfahren läuft.
said-power-restart = Der Neustart läuft.
said-power-poweroff = Das Ausschalten läuft.
said-rename = Der Server hat seinen neuen Namen.
said-rename-later = Der Server wird umbenannt.
said-reset-password = Das neue Passwort ist gesetzt.
said-reset-password-later = Das neue Passwort wird gesetzt. Diese Seite zeigt es, sobald es so weit ist.
said-reset-account-password = Das neue Passwort für die Verwaltungsoberfläche ist gesetzt.
said-reset-account-password-named = Das neue Passwort für { $panel } ist gesetzt.
said-reset-account-password-later = Das neue Passwort für die Verwaltungsoberfläche wird gesetzt. Diese Seite zeigt es, sobald es so weit ist.
said-reset-account-password-later-named = Das neue Passwort für { $panel } wird gerade gesetzt. Es steht auf dieser Seite, sobald es so weit ist.
said-reinstall = Der Server hat sein neues System.
said-reinstall-later = Der Server wird neu installiert. Diese Seite zeigt, wie weit es ist.
said-revealed = Das ist das neue Passwort.
said-rdns-written = Der Name ist gesetzt.
said-rdns-deleted = Der Name ist entfernt.
said-rdns-later = Der Name wird gerade geändert. Diese Seite zeigt, wenn es erledigt ist.
said-under-way = Es läuft und geht von selbst weiter.
said-not-done-yet = Noch nicht erledigt: { $reason }
refused-replayed = Das wurde schon gesendet, oder die Seite ist zu alt. Laden Sie sie neu und versuchen Sie es noch einmal.
refused-old-page = Diese Seite ist veraltet. Laden Sie sie neu und versuchen Sie es noch einmal.
refused-too-soon = Das wurde eben erst getan. Es geht wieder in { $seconds } s.
refused-busy = Für diesen Server läuft gerade etwas anderes. Versuchen Sie es noch einmal, wenn es beendet ist.
refused-withheld = Das wird für diesen Vertrag nicht angeboten.
refused-unsupported = Das geht mit diesem Server nicht.
refused-not-active = { $status ->
    [suspended] Dieser Vertrag ist gesperrt.
    [terminated] Dieser Vertrag ist beendet.
   *[other] Dieser Vertrag ist nicht aktiv.
}
refused-standing = Das geht mit dem Vertrag in seinem jetzigen Zustand nicht.
refused-permission = Ihr Benutzer darf das nicht. Der Inhaber des Kontos kann es erlauben.
refused-not-provisioned = Zu diesem Vertrag gibt es noch keinen Server.
refused-building = Dieser Vertrag wird gerade noch eingerichtet.
refused-held = Mit diesem Vertrag geht gerade nichts. Unser Support weiß mehr.
refused-revealed = Dieses Passwort wurde schon gezeigt, oder seine Zeit ist um. Verlangen Sie ein neues.
refused-login = Wie man sich auf diesem Server anmeldet, ist nicht bekannt.
refused-spent = Das wurde schon geöffnet. Versuchen Sie es noch einmal.
refused-late = Es kam nicht rechtzeitig eine Antwort. Versuchen Sie es gleich noch einmal.
refused-system = Wählen Sie ein Betriebssystem.
refused-key = Wählen Sie einen Schlüssel oder fügen Sie einen öffentlichen Schlüssel ein.
refused-new-key = Dieser SSH-Schlüssel lässt sich nicht verwenden. Fügen Sie einen öffentlichen Schlüssel ein, der mit ssh-ed25519 oder ssh-rsa beginnt.
refused-choice = Was ausgewählt wurde, lässt sich nicht verwenden. Wählen Sie etwas anderes und versuchen Sie es noch einmal.
refused-hostname = Das kann kein Hostname sein. Er besteht aus Buchstaben, Ziffern, Bindestrichen und Punkten.
refused-name = Ein Name hat 1 bis 63 Zeichen und keine Steuerzeichen.
refused-address = Das ist keine Adresse. Eine Adresse schreibt man wie 203.0.113.5 oder 2001:db8::5.
refused-host-empty = Ein Hostname hat mindestens ein Zeichen.
refused-host-international = Ein Hostname mit anderen Buchstaben als a bis z wird in seiner Punycode-Form eingegeben, die mit xn-- beginnt.
refused-host-illegal = Ein Hostname hat nur Buchstaben, Ziffern, Bindestriche, Unterstriche und Punkte.
refused-host-too-long = Ein Hostname hat höchstens 253 Zeichen.
refused-host-label = Zwischen den Punkten eines Hostnamens stehen 1 bis 63 Zeichen.
refused-host-no-domain = Ein Hostname wird mit seiner Domain eingegeben, wie server.example.com.
refused-host-hyphen = Kein Teil eines Hostnamens beginnt oder endet mit einem Bindestrich.
refused-host-number = Ein Hostname endet nicht mit einer Zahl; eine Adresse ist kein Hostname.
refused-rdns-off = Reverse-DNS ist nicht eingerichtet.
refused-rdns-unseen = Von den Adressen dieses Servers ist noch nichts bekannt. Versuchen Sie es gleich noch einmal.
refused-rdns-unread = Ihr Server ließ sich gerade nicht ansehen, darum wurde nichts geändert. Versuchen Sie es gleich noch einmal.
refused-rdns-unknown = Gerade ist nicht genug bekannt, darum wurde nichts geändert. Versuchen Sie es gleich noch einmal.
refused-rdns-foreign = { $address } ist keine Adresse dieses Servers.
refused-rdns-no-zone = Der Name von { $address } liegt nicht auf unseren Nameservern. Unser Support weiß mehr.
refused-rdns-forward = { $host } führt nicht zu { $address }. Legen Sie für { $host } einen { $record }-Eintrag an, der zu { $address } führt, und speichern Sie dann noch einmal.
refused-rdns-too-soon = Der Name von { $address } wurde eben erst geändert. Warten Sie zehn Sekunden und versuchen Sie es noch einmal.
refused-failed = Bei uns ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal.
refused-fault = Das ist nicht gelungen. Unser Support weiß mehr.
page-back = Zurück zum Vertrag
# Die Sprache dieser Datei, wie HTML sie nennt.
page-language = de

# Was anstelle einer Seite steht.
refused-foreign = Dieser Vertrag gehört einem anderen Kunden.
not-found = Hier ist nichts. Vielleicht ist es umgezogen; gehen Sie zurück und wählen Sie neu.
page-failed = Diese Seite ließ sich nicht herstellen. Der Grund steht im Protokoll des Dienstes.
store-failed = Die Datenbank antwortet gerade nicht. Bitte versuchen Sie es noch einmal.
