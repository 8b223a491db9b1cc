# What clients read. Arguments are named in braces; every message of this file can be said in another language.

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
operation-reinstall = Installing anew
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
