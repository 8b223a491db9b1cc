{* The page of one service. The markup of the server panel comes from the engine; billing stays WHMCS's, escaped once: a
   currency may have entities in it. *}
<div class="hostler-overview text-left text-start">
    {if $hostlerMessage}
        <div class="alert alert-info" role="status">{$hostlerMessage|escape}</div>
    {/if}
    {$hostlerHtml nofilter}
    <div class="panel panel-default card mb-3" id="vf-sec-billing">
        <div class="panel-heading card-header"><h3 class="panel-title card-title m-0">{$LANG.billingOverview|default:'Billing Overview'}</h3></div>
        <div class="panel-body card-body">
            <dl class="row dl-horizontal m-0">
                <dt class="col-sm-4">{$LANG.orderproduct|default:'Product'}</dt><dd class="col-sm-8">{$groupname|escape} - {$product|escape}</dd>
                <dt class="col-sm-4">{$LANG.recurringamount|default:'Recurring Amount'}</dt><dd class="col-sm-8">{$recurringamount|escape:'html':'UTF-8':false}</dd>
                <dt class="col-sm-4">{$LANG.orderbillingcycle|default:'Billing Cycle'}</dt><dd class="col-sm-8">{$billingcycle|escape:'html':'UTF-8':false}</dd>
                <dt class="col-sm-4">{$LANG.clientareahostingregdate|default:'Registration Date'}</dt><dd class="col-sm-8">{$regdate|escape:'html':'UTF-8':false}</dd>
                <dt class="col-sm-4">{$LANG.clientareahostingnextduedate|default:'Next Due Date'}</dt><dd class="col-sm-8">{$nextduedate|escape:'html':'UTF-8':false}</dd>
                <dt class="col-sm-4">{$LANG.orderpaymentmethod|default:'Payment Method'}</dt><dd class="col-sm-8">{$paymentmethod|escape:'html':'UTF-8':false}</dd>
            </dl>
        </div>
    </div>
</div>
