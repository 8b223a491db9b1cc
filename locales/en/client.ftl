# What clients read. Arguments are named in braces; every message of this file can be said in another language. A message
# whose key ends in -named is said in place of the one without where the operator names the panel for clients.

product = Hostler
back = Back
skip = To the content
notice-title = This did not work

client-panel = Server panel
client-server = Server
client-addresses = Addresses
client-power = Power
client-lost = The page cannot be refreshed at the moment. It tries again by itself.
client-session-ended = You are no longer signed in. Reload the page to sign in again.
client-stale = The platform has not answered for a while. What you see is the last that is known; what you ask for now is done as soon as it answers.

as-of = as of
ago-seconds = { $n ->
    [0] just now
    [one] { $n } second ago
   *[other] { $n } seconds ago
}
ago-minutes = { $n ->
    [one] { $n } minute ago
   *[other] { $n } minutes ago
}
ago-hours = { $n ->
    [one] { $n } hour ago
   *[other] { $n } hours ago
}
ago-days = { $n ->
    [one] { $n } day ago
   *[other] { $n } days ago
}
ago-weeks = { $n ->
    [one] { $n } week ago
   *[other] { $n } weeks ago
}
ago-months = { $n ->
    [one] { $n } month ago
   *[other] { $n } months ago
}
ago-years = { $n ->
    [one] { $n } year ago
   *[other] { $n } years ago
}
in-seconds = { $n ->
    [0] now
    [one] in { $n } second
   *[other] in { $n } seconds
}
in-minutes = { $n ->
    [one] in { $n } minute
   *[other] in { $n } minutes
}
in-hours = { $n ->
    [one] in { $n } hour
   *[other] in { $n } hours
}
in-days = { $n ->
    [one] in { $n } day
   *[other] in { $n } days
}
in-weeks = { $n ->
    [one] in { $n } week
   *[other] in { $n } weeks
}
in-months = { $n ->
    [one] in { $n } month
   *[other] in { $n } months
}
in-years = { $n ->
    [one] in { $n } year
   *[other] in { $n } years
}
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
# What stands before the decimals of a number.
decimal-mark = .
# An amount of money with its currency's sign, and with its code where it has no sign.
money = { $sign }{ $amount }
money-code = { $code }{ "\u00A0" }{ $amount }

state-none = Not set up
state-none-hint = There is no server for this service yet.
state-building = Being set up
state-building-hint = Your server is being built. You can leave this page; it goes on by itself.
state-suspended = Suspended
state-suspended-hint = Your server is switched off and kept. Its data is still there.
state-ending = Ending
state-ending-hint = This service is being ended.
state-ended = Ended
state-ended-hint = This service has ended and its server is gone.
state-missing = Not found
state-missing-hint = The platform does not know this server at the moment. Please contact support.
state-unknown = Not known
state-unknown-hint = The server's state has not been read yet.
state-failed = Build failed
state-failed-hint = The server could not be built. Please contact support.
state-held = Held
state-held-hint = The platform holds this server. Please contact support.
state-running = Running
state-running-hint = Your server is switched on.
state-off = Off
state-off-hint = Your server is switched off.
state-ready = Ready
state-ready-hint = Your server is set up.

operation-create = Setting up
operation-suspend = Suspension
operation-unsuspend = Lifting the suspension
operation-terminate = Ending the service
operation-change-package = Changing the package
operation-power-boot = Starting
operation-power-shutdown = Shutting down
operation-power-restart = Restarting
operation-power-poweroff = Powering off
operation-rename = Renaming
operation-reset-password = Setting a new password
operation-reset-account-password = Setting a new password for the panel
operation-reset-account-password-named = Setting a new password for { $panel }
operation-reinstall = Installing anew
operation-console = Console
operation-edit-name = Name of an address
operation-sign-on = Signing on
operation-state-queued = waiting
operation-state-running = under way
operation-state-asking = needs our staff
operation-state-succeeded = done
operation-state-failed = failed
operation-state-cancelled = taken back
operation-state-superseded = replaced
operation-id = Reference for support: { $id },

progress-bar = Progress
progress-count = { $done } of { $total } steps done
step-done = done
step-current = at work
step-waiting = to come

next-queued = It begins when what was asked for before it has ended.
next-working = At work on it now.
next-waiting = It goes on by itself; the next look is
next-window = Until then it can be taken back:
next-asking = Our staff has been told and will settle it. You need to do nothing.
next-succeeded = Nothing more is to be done.
next-failed = Nothing is left half-done. You can try again, or contact support with the reference below.
next-ended = Nothing more will happen.

# Why something waits, or why it ended.
cause-busy = The server is locked or busy at the moment. It is tried again by itself.
cause-unreachable = The server's platform cannot be reached at the moment. It is tried again by itself.
cause-held-up = It could not be done so far. It is tried again by itself.
cause-answer-lost = It was sent, and no answer came. What became of it is being looked for.
cause-taken = It was accepted, and takes a moment to show.
cause-interrupted = The service is being suspended or ended, which comes first.
cause-refused = It was turned down.
cause-untouched = It ended before anything was changed.
cause-not-opened = It could not be opened. If the server is switched off, start it first; otherwise try again in a moment.
cause-too-late = It took too long and was ended.
cause-failed = It did not succeed.
cause-taken-back = It was taken back.
cause-replaced = Something that was asked for later took its place.

addresses-unknown = The addresses appear here when your server has them.
addresses-none = This server has no addresses.
copy = Copy
copy-address = Copy { $address }
copied = { $text } copied
not-copied = It could not be copied. Please select it and copy it by hand.

power-boot = Start
power-restart = Restart
power-shutdown = Shut down
power-poweroff = Power off
power-confirm-poweroff = Power off cuts the power at once; what is not saved is lost. Go on?
power-note-permission = Your user may look at this server but not change it. The owner of the account can allow it.
power-note-none = There is no server to switch yet.
power-note-building = The buttons work as soon as your server is set up.
power-note-suspended = This service is suspended. Its server stays off until the suspension is lifted.
power-note-ending = This service is being ended. Its server cannot be switched any more.
power-note-ended = This service has ended.
power-note-question = Our staff has to settle something about this server first. They have been told.
power-note-busy = Something is under way. The buttons work again when it is done.

power-confirm-sure = Are you sure?
client-login = Login details
login-user = User name
login-password = Password
login-ssh = SSH access
login-ssh-hint = Type this in a terminal of your own computer.
login-hidden = hidden
login-reveal = Reveal for { $seconds }s
login-hiding = Hiding in { $seconds }s
login-not-yours = Your user may not see the password. The owner of the account can allow it.
client-console = Console
console-open = Launch console
console-hint = It opens on this page, or in a window of its own on a small screen.
console-hint-window = It opens in a window of its own, and closes when nobody uses it for a while or you sign out.
console-blocked = Your browser did not let the console's window open. Allow windows for this page and try again.

screen-title = Console of { $name }
screen-bar = Console
screen-keys = Send Ctrl-Alt-Del
screen-paste = Type a text
screen-close = Close the console
screen-leave = To leave the screen by keyboard, press Ctrl, Alt and Shift together.
screen-text = The text is typed on the server, character by character. Its keyboard is expected to be a US one.
screen-type = Type it
screen-cancel = Cancel
screen-connecting = Connecting …
screen-script = The console needs JavaScript.
screen-missing = The console is not available at present. Our support knows more.
screen-is-connected = Connected.
screen-is-closed = The console is closed. Close this window and open it again from the page of your server.
screen-is-viewer = You closed the console.
screen-is-idle = The console was closed because nobody used it for a while. Open it again from the page of your server.
screen-is-too-long = The console was closed because it was open for very long. Open it again from the page of your server.
screen-is-not-in-use = The console is closed: this service is not in use any more.
screen-is-anothers-now = The console is closed: this service belongs to another account now.
screen-is-session-over = The console is closed: you are no longer signed in, or may not use it any more. Sign in and open it again.
screen-is-signed-off = The console is closed because you signed out.
screen-is-replaced = The console is closed because it was opened in another window.
screen-is-switched-off = The console was switched off.
screen-is-platform = The connection to the server's screen has ended. Close this window and open the console again.
screen-is-unreachable = The server's screen cannot be reached. Try again in a moment.
screen-is-security = The server's screen did not let us in. Close this window and open the console again.
screen-is-full = Too many consoles are open at present. Try again in a few minutes.
screen-is-broken = The console's viewer could not be loaded. Reload the page of your server and try again.
screen-is-no-ticket = This console was opened before, or too long ago. Open it again from the page of your server.
screen-is-stopping = The console is closed for maintenance. Open it again in a minute.
screen-is-unknown = The console was closed because it could not be found out whether it may stay open. Open it again from the page of your server.
screen-is-origin = This console was opened from another site. Open it again from the page of your server.
screen-is-session = This console was opened for another session. Open it again from the page of your server.
screen-is-fault = Something went wrong on our side. Try again in a moment.

sections = On this page
section-state = Overview
section-traffic = Traffic
section-figures = Live figures
section-power = Power
section-manage = Manage
section-reinstall = Reinstall
section-rdns = Reverse DNS
section-resources = Resources
section-usage = Usage
section-history = History
section-billing = Billing overview
mask = Hide addresses and names

not-read-yet = This has not been read yet. It appears here by itself.
unmetered = Unmetered
a-month = { $amount } a month
cores = { $n ->
    [one] { $n } core
   *[other] { $n } cores
}
maintenance = The host of your server is being maintained. What you ask for may take longer.

overview-place = Location
overview-system = Operating system
overview-kernel = Kernel { $kernel }
overview-created = Created
rename-label = Name
rename-save = Save
rename-suggest = Suggest a name
rename-more = More suggestions
sign-on = Open the control panel
sign-on-named = Open { $panel }
sign-on-hint = It opens in a new tab, and you are signed in there.

resource-memory = Memory
resource-processor = Processor
resource-storage = Disk
resource-traffic = Traffic
file-systems = File systems
file-system-used = Used of { $mount }
figure-unknown = not told
figures-disk = Disk since it was switched on
figures-disk-values = { $read } read, { $written } written

traffic-used = Used this month
traffic-limit = Included
traffic-remaining = Left
traffic-caption = Traffic by month
traffic-month = Month
traffic-in = In
traffic-out = Out

secret-title = Your new password
secret-once = It is shown this one time only. Keep it where only you can read it.
secret-name = User
secret-password = Password
secret-copy = Copy the password
secret-copied = Password copied
secret-forget = I have kept it
secret-show = Show it once
secrets-title = A new password is ready
reset-server = New password for the server
reset-server-confirm = The password of the server's administrator is replaced by a new one. Go on?
reset-account = New password for the control panel
reset-account-named = New password for { $panel }
reset-account-confirm = The password that you sign in to the control panel with is replaced by a new one. Go on?
reset-account-confirm-named = The password that you sign in to { $panel } with is replaced by a new one. Go on?

backups = Backups
backups-all = { $n ->
    [one] Show { $n } more
   *[other] Show { $n } more
}
backup-complete = complete
backup-running = being made
backup-restoring = being restored
backup-deleting = being removed
backup-incomplete = incomplete
backup-kept = kept until { $until }

reinstall-unknown = What can be installed has not been read yet. It appears here by itself.
reinstall-none = No operating systems are offered for this server at present.
reinstall-warning = Everything on this server is deleted. It cannot be taken back.
reinstall-search = Search
reinstall-found = { $n } found
reinstall-found-none = Nothing found
reinstall-choose = Operating system
reinstall-ended = no longer maintained
reinstall-hostname = Hostname (optional)
reinstall-hostname-hint = Letters, digits, hyphens and dots. Left empty, the present one stays.
reinstall-key = SSH key (optional)
reinstall-key-none = No key
reinstall-key-new = Another key
reinstall-key-text = Public key
reinstall-key-text-hint = It is used where “Another key” is chosen, and begins with ssh-ed25519 or ssh-rsa.
reinstall-sure = I know that everything on this server will be deleted.
reinstall-begin = Reinstall
reinstall-elapsed = Under way for { $seconds } s
reinstall-as-of = List as of
keygen = Generate a new key
keygen-private = Your private key. It was made by your browser and is shown this one time only.
keygen-download = Download
keygen-copy = Copy
keygen-hint = The public key was filled in.
keygen-unable = Your browser cannot make keys of this kind.

rdns-hint = What an address is called in reverse: its PTR record, which mail servers look at. Leave a field empty to remove the name.
rdns-save = Save
rdns-save-of = Save the name of { $address }
rdns-state-confirmed = confirmed
rdns-state-unconfirmed = leads elsewhere
rdns-state-unchecked = not checked
rdns-state-missing = no name
rdns-state-no-forward = no forward record
rdns-state-no-zone = no zone
rdns-state-unseen = not looked yet
rdns-state-prefix = network
rdns-work-changing = It is being changed.
rdns-work-waiting = It gets the server's hostname by itself as soon as that leads here.
rdns-several = Several names are there: { $hosts }. What you save takes the place of all of them.
rdns-guide-unconfirmed = Create an { $record } record for { $host } that leads to { $address }, then save again.
rdns-guide-several = Not all of these names lead to { $address }. Save the one that is to stay.
rdns-guide-no-forward = Create an { $record } record that leads to { $address } for the hostname that you want, then save that hostname here.
rdns-guide-unchecked = It could not be looked up whether { $host } leads to { $address }. It is tried again by itself.
rdns-guide-no-zone = The name of this address is not kept on our name servers. Our support knows more.
rdns-add = Add a host
rdns-add-address = IPv6 address of the host
rdns-add-host = Hostname
rdns-add-save = Save the name

usage-credit = Credit
usage-servers = Servers
usage-total = This month
usage-addons = Add-ons
usage-report = Report
usage-from = From
usage-until = Until
usage-spent = Used
usage-current = present
usage-hours = { $hours } h
usage-tokens = { $tokens } tokens
usage-none = Nothing has been used yet.

history-none = Nothing has been done yet.
history-more = Show more
by-you = by you
by-account = by a user of your account
by-staff = by our staff
by-system = by itself

# What is answered to a click.
said-power-boot = The boot is under way.
said-power-shutdown = The shutdown is under way.
said-power-restart = The restart is under way.
said-power-poweroff = The power-off is under way.
said-rename = The server has its new name.
said-rename-later = The server is being renamed.
said-reset-password = The new password is set.
said-reset-password-later = The new password is being set. It is shown on this page when it is.
said-reset-account-password = The new password for the control panel is set.
said-reset-account-password-named = The new password for { $panel } is set.
said-reset-account-password-later = The new password for the control panel is being set. It is shown on this page when it is.
said-reset-account-password-later-named = The new password for { $panel } is being set. It is shown on this page when it is.
said-reinstall = The server has its new system.
said-reinstall-later = The server is being installed anew. This page shows how far it is.
said-revealed = This is the new password.
said-rdns-written = The name is set.
said-rdns-deleted = The name is removed.
said-rdns-later = The name is being changed. This page shows when it is done.
said-under-way = It is under way and goes on by itself.
said-not-done-yet = Not done yet: { $reason }
refused-replayed = Replay detected, please click the button again. You may need to refresh the page first.
refused-old-page = This page is out of date. Reload it and try again.
refused-too-soon = That was done a moment ago. It can be done again in { $seconds } s.
refused-busy = Something else is under way for this server. Try again when that has ended.
refused-withheld = This is not offered for this service.
refused-unsupported = This cannot be done with this server.
refused-not-active = { $status ->
    [suspended] This service is suspended.
    [terminated] This service has ended.
   *[other] This service is not active.
}
refused-standing = This cannot be done with the service as it is now.
refused-permission = Your login may not do this. Ask the owner of the account for the permission.
refused-not-provisioned = There is no server for this service yet.
refused-building = This service is still being set up.
refused-held = Nothing can be done with this service at present. Our support knows more.
refused-revealed = This password was shown already, or its time is over. Ask for a new one.
refused-login = Nothing is known of how to log in to this server.
refused-spent = This was opened already. Try again.
refused-late = There was no answer in time. Try again in a moment.
refused-system = Choose an operating system.
refused-key = Choose a key or paste a public key.
refused-new-key = This SSH key cannot be used. Paste a public key that begins with ssh-ed25519 or ssh-rsa.
refused-choice = What was chosen cannot be used. Choose something else and try again.
refused-hostname = This cannot be a hostname. It has letters, digits, hyphens and dots.
refused-name = A name has 1 to 63 characters, none of them a control character.
refused-address = This is no address. One is written as 203.0.113.5 or 2001:db8::5.
refused-host-empty = A hostname has at least one character.
refused-host-international = A hostname with other letters than a to z is entered in its punycode form, the one that begins with xn--.
refused-host-illegal = A hostname has letters, digits, hyphens, underscores and dots only.
refused-host-too-long = A hostname has at most 253 characters.
refused-host-label = Between the dots of a hostname stand 1 to 63 characters.
refused-host-no-domain = A hostname is entered with its domain, as in server.example.com.
refused-host-hyphen = No part of a hostname begins or ends with a hyphen.
refused-host-number = A hostname does not end in a number; an address is no hostname.
refused-rdns-off = Reverse DNS is not set up.
refused-rdns-unseen = Nothing is known of this server's addresses yet. Try again in a moment.
refused-rdns-unread = Your server could not be looked at just now, so nothing was changed. Try again in a moment.
refused-rdns-unknown = Not enough is known at the moment, so nothing was changed. Try again in a moment.
refused-rdns-foreign = { $address } is not an address of this server.
refused-rdns-no-zone = The name of { $address } is not kept on our name servers. Our support knows more.
refused-rdns-forward = { $host } does not lead to { $address }. Create an { $record } record for { $host } that leads to { $address }, then save again.
refused-rdns-too-soon = The name of { $address } was changed a moment ago. Wait ten seconds and try again.
refused-failed = Something went wrong on our side. Try again in a moment.
refused-fault = It did not succeed. Our support knows more.
page-back = Back to the service
# The language that this file is in, as HTML names it.
page-language = en

# What is shown instead of a page.
refused-foreign = This service belongs to another client.
not-found = There is nothing here. It may have moved; go back and choose again.
page-failed = This page could not be made. The reason is in the engine's log.
store-failed = The engine's database does not answer at the moment. Please try again.
