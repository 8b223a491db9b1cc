{* The server's part of the product page. Its markup comes from the engine; this file is what stands around it. *}
<div class="hostler-overview text-left text-start">
    {if $hostlerMessage}
        <div class="alert alert-info" role="status">{$hostlerMessage|escape}</div>
    {/if}
    {$hostlerHtml nofilter}
</div>
