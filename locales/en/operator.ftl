# What operators read.

operator-navigation = Hostler pages
nav-overview = Overview
nav-questions = Questions
nav-services = Services
nav-operations = Operations
nav-effects = Effects
nav-platforms = Platforms
nav-products = Products
nav-stock = Stock
nav-names = Names

all = All
all-open = All that are not over
show = Show
older = Older
search = Search
search-hint = A service number, a client number, an id that begins with svc_, or an operation's that begins with op_.
yes = yes
no = no
id = Id
when = When
what = What
state = State
kind = Kind
reason = Reason
updated = Changed
oldest = oldest
seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
milliseconds = { $n } ms

alarms = Alarms
no-alarms = No alarms.
counts = At present
count-operations-open = Operations not over
count-operations-due = Operations due now
count-operations-asking = Operations that ask
count-unknown-calls = Calls without a known answer
count-effects-waiting = Effects waiting
count-questions-open = Open questions
count-services-unread = Services not read for 24 h
open-questions = Open questions
open-operations = Operations under way
no-questions = No open questions.
only-open = Only open questions
also-answered = Also answered questions
answered = Answered: { $answer } ({ $by }).
host-only = Only the command line on the engine's host answers this:

question-unsettled-create = A creation could not be settled
question-unsettled-change = A change could not be settled
question-ambiguous = More than one machine fits
question-identity-mismatch = The machine is not the one that was linked
question-overdue = An operation passed its deadline
question-suspension-broken = A suspended machine was switched on too often
question-destructive-budget = More terminations than the budget allows
question-unknown-version = A stored document is of a version not known here
question-effect-failed = An effect could not be applied
question-ownership-proposal = A change of ownership is proposed
question-vanished = The machine is gone
question-orphan = A machine without a service
question-drifted = The machine is not as its service says
question-stuck = An operation cannot go on
question-build-failed = The build failed

why-open = Why it has not ended
why-nothing = Nothing is open.
why-cause = Cause
why-evidence = Shown by
why-call = call
why-no-evidence = No call to the platform; what is said above is all there is.
why-next = Next
why-answer = Answer the question:
why-answer-host = On the engine's host, answer the question:
why-again = If the platform shows the answer, the question answers itself. The next look is
why-by = By when
why-awaits-operator = When an operator has acted
why-awaits-host = When somebody has acted at the command line of the engine's host
why-awaits-billing = When the billing system has fetched and settled it

service = Service
service-number = Service { $id } ({ $installation })
client = Client
hostname = Hostname
standing = Standing
standing-vacant = not built
standing-building = being built
standing-live = live
standing-suspended = suspended
standing-ending = ending
standing-ended = ended
billing-status = Billing status
mapped-id = Old module's id
only-unadopted = Only those not adopted yet
no-services = No services.
generation = Life
platform = Platform
links = Links
no-links = No links.
opened = opened
closed = closed

operation = Operation
operation-power = Power
operation-refresh = Reading
operation-validate = Trying the order out
operation-adopt = Adopting
operation-remove-stray = Removing a stray machine
operation-close-accounts = Removing empty staging accounts
operation-reverse-dns = Looking after names of addresses
no-operations = No operations.
to-operation = Operation
asked-by = Asked by
begun = Begun
due = Next look
finished = Ended
deadline = Deadline
retry-now = Try again now
take-back = Take it back
input = Input
notes = Notes of the driver

steps = Steps
step = Step
no-steps = Not planned yet.
class = Class
acts = Acts
looks = Looks
took = Took
phase-waiting = to come
phase-look = looking
phase-act = acting
phase-done = done
outcome-accepted = accepted
outcome-void = without effect
outcome-lost = answer lost

calls = Calls
no-calls = No calls.
call-sending = being sent
call-answered = answered
call-not_sent = not sent
call-unknown = answer not known
sent = Sent
received = Received

facts = Facts
no-facts = Nothing was observed yet.
fact-known = known
fact-absent = absent
fact-unknown = unknown

effect = Effect
tries = Tries
no-effects = No effects.
effect-waiting = waiting
effect-applied = applied
effect-refused = refused
effect-failed = failed
effect-unknown = unknown

audit = Audit
no-audit = Nothing was recorded.

no-platforms = No platforms.
endpoint = Endpoint
used-by = Used by
rate = Rate
per-minute = { $n } requests a minute
platform-proposed = proposed, not in use
platform-approved = approved
platform-disabled = disabled
platform-silent = It does not answer. The next try is
platform-approve = Nothing is sent to it until it is approved on the engine's host:

products-hint = What differs from the defaults. Change it on the engine's host:
no-products = Every product has the defaults.
product-number = Product
activation = Active when
activation-usual = as its module has it
activation-accepted = the platform took the order
activation-created = it is linked and has an address
activation-ready = it is built and verified
wait = Waits
undo = Can be taken back for
dry-run = Tried out first
welcome-template = Welcome mail

names-hint = What an address is called in reverse (its PTR record), and why. Name servers and resolvers are asked; looking changes nothing.
names-address = Address
names-host = Hostname to try
names-ask = Look
names-late = The name servers and resolvers took too long to answer. Try it again, or on the engine's host: hostler rdns diagnose
names-name = Looked for as
names-owner = Machine
names-nobody = none is known to have it
names-wanted = Is to point to
names-no-host = It has no hostname that can be pointed to
names-resolvers = What the resolvers say
names-resolver = Resolver
names-says = Says
names-said-confirmed = leads to the address
names-said-missing = does not lead to the address
names-said-unknown = not known
names-zone = Zone
names-record = Record
names-there = There is
names-held-unknown = not known
names-held-no-zone = no zone for the address
names-held-nothing = no pointer
names-plain = The daily look
names-reset = A forced reset
names-preview = Preview
names-reconcile = Reconcile
names-reset-button = Reset to hostname
names-reset-confirm = { $report } Names that are there are written over with the machine's hostname. Go on?
names-leads = Leads to
names-seen = Seen
names-none = No addresses are known.
names-no-server = No name server is approved: hostler platform propose --kind powerdns on the engine's host.
names-all = Look after all names
names-all-hint = The daily look writes the names that are missing and leaves those that are there. A reset writes each machine's hostname over whatever is there, also over what clients have set. Neither writes a hostname that does not lead back to the address. First see what would change.
names-look-plain = Preview of the daily look
names-look-reset = Preview of a reset
names-look-late = The name servers and resolvers took too long to answer. Try it again, or on the engine's host: hostler rdns reconcile --dry-run
names-would = Would be done
names-nothing = No name would change.
names-more = { $n ->
    [one] One more would change.
   *[other] { $n } more would change.
}
names-begin-plain = Write what is missing
names-begin-reset = Write over what is there
names-begun = { $n ->
    [0] No name had to be changed.
    [one] One operation was begun.
   *[other] { $n } operations were begun.
}
names-begun-later = The names are still being looked at. What has to be changed is among the operations soon.
names-recovering = A recovery is under way: what the store says of machines is not relied on. End it first: hostler recover

stock-hint = How many more of each product can be sold, by what was read last.
stock-recalculate = Read it now
stock-none = No product is known. A billing system tells of its products at its next cron, and of each one when it is saved.
stock-left = Can be sold
stock-unknown = nobody knows
stock-counted = The billing system counts its stock
stock-policy = Counted
stock-joint = beside all that is promised
stock-independent = as if nothing else were sold
stock-cap = In use
stock-buffer = Kept free
stock-percent = { $n } % of memory, cores and storage
stock-need = One needs
stock-needs = { $memory } MB of memory, { $cores } cores, { $storage } GB of storage (type { $type }), { $ipv4 } IPv4 addresses
stock-of-cap = { $used } of at most { $cap }
stock-why = Why this number?
stock-group = Group
stock-promised = { $n ->
    [one] One machine is promised there and not built.
   *[other] { $n } machines are promised there and not built.
}
stock-addresses = { $n ->
    [one] There are addresses for one.
   *[other] There are addresses for { $n }.
}
stock-hypervisor = Hypervisor
stock-fits = Fit
stock-limit = Limited by
stock-unlimited = no limit
stock-untold = not told
stock-limit-nothing = nothing
stock-limit-memory = memory
stock-limit-cores = cores
stock-limit-storage = storage
stock-limit-servers = number of machines
stock-limit-disabled = switched off
stock-limit-not-commissioned = not set up
stock-limit-prohibited = new machines forbidden
stock-rooms = Room on the platforms
stock-read = Read
stock-never = Never read
stock-trouble = It cannot be read at present, so that numbers stay as they are:
stock-absent = The platform does not have this group.
stock-memory = Memory in MB
stock-cores = Cores
stock-storage = Storage in GB
stock-servers = Machines
stock-ipv4 = IPv4 addresses
stock-type = type { $code }
stock-free-of = { $free } of { $max } free

machine-absent = The platform says that this machine does not exist.
machine-unknown = Nothing has been read from the platform yet.
server-object = Server Object
vm-state = Virtual Machine State
vm-sure = Are you sure?
error = Error
server-info = Server Info
options = Options
spec-name = Name
spec-hostname = Hostname
spec-state = State
spec-power = Power
spec-memory = Memory
spec-cpu = CPU
spec-ipv4 = IPv4
spec-ipv6 = IPv6
spec-storage = Storage
spec-traffic = Traffic
to-service = Open in Hostler
linked-machine = Linked machine:
questions-open-here = { $n ->
    [one] One question about this service is open.
   *[other] { $n } questions about this service are open.
}

panel-key = API Key
panel-key-placeholder = Enter the API token
panel-key-set = A key is set. Enter a new one to change it; it applies to all Katapult services.
panel-key-unset = No key is set yet. It applies to all Katapult services.
panel-organization = Parent Organization
panel-organization-hint = Optional; only needed for keys of a user. Found by itself for keys of an organization. Its sub-domain or its id (org_…).
panel-sync = Re-sync configurable options when the product is saved (data centers, disk templates and so on)
panel-read = options read
panel-trouble = The options could not be read last time:
panel-waits = What was entered is in force once it is approved on the engine's host:

refused-operators = These pages are for operators.
