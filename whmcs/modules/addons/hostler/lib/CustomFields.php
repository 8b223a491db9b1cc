<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** Product custom fields: made once, and an administrator's changes of them are kept. */
final class CustomFields
{
    public static function ensure(array $body): void
    {
        $product = (int) $body['product'];
        $name = (string) $body['name'];
        if (self::id($product, $name) !== null) {
            return;
        }
        $now = date('Y-m-d H:i:s');
        Capsule::table('tblcustomfields')->insert([
            'type' => 'product', 'relid' => $product, 'fieldname' => $name, 'fieldtype' => (string) $body['field_type'], 'description' => (string) $body['description'],
            'fieldoptions' => '', 'regexpr' => '', 'adminonly' => $body['admin_only'] ? 'on' : '', 'required' => $body['required'] ? 'on' : '',
            'showorder' => $body['show_on_order'] ? 'on' : '', 'showinvoice' => '', 'sortorder' => (int) $body['sort_order'], 'created_at' => $now, 'updated_at' => $now,
        ]);
    }

    public static function set(int $service, string $name, string $value): void
    {
        $field = self::id(Rows::service($service)['product'], $name);
        if ($field === null) {
            throw new Failed("The product has no custom field \"$name\".");
        }
        Capsule::table('tblcustomfieldsvalues')->updateOrInsert(['fieldid' => $field, 'relid' => $service], ['value' => $value]);
    }

    /** The part of the stored name before a bar sign is the name; the rest is what clients see. */
    private static function id(int $product, string $name): ?int
    {
        foreach (Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $product)->pluck('fieldname', 'id') as $id => $stored) {
            if (explode('|', (string) $stored, 2)[0] === $name) {
                return (int) $id;
            }
        }

        return null;
    }
}
