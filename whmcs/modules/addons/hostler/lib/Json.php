<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** The JSON of the bridge: maps stay objects even when empty or keyed by numbers, broken UTF-8 never stops a message. */
final class Json
{
    public static function encode($value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }

    public static function decode(string $text): array
    {
        $value = json_decode($text, true);

        return is_array($value) ? $value : [];
    }

    /** A map of texts; what is not a scalar is left out. */
    public static function map($pairs): \stdClass
    {
        $map = new \stdClass();
        foreach (is_array($pairs) ? $pairs : [] as $name => $value) {
            if (is_scalar($value)) {
                $map->{(string) $name} = (string) $value;
            }
        }

        return $map;
    }
}
