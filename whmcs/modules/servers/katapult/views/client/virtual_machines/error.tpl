<div class="alert alert-warning text-left text-start" role="status">The server cannot be shown right now. Please try again in a few minutes; if it stays like this, contact support.</div>
