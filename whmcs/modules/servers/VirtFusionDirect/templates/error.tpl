<div class="panel panel-danger card border-danger mb-3">
    <div class="panel-heading card-header"><h3 class="panel-title card-title m-0">Server</h3></div>
    <div class="panel-body card-body">
        <p class="m-0">The server panel cannot be shown right now. Please try again in a few minutes; if it stays like this, contact support.</p>
    </div>
</div>
