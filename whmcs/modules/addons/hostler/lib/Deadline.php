<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** A moment of the monotonic clock until which several messages share one budget. */
final class Deadline
{
    private int $at;

    public function __construct(int $milliseconds)
    {
        $this->at = hrtime(true) + $milliseconds * 1000000;
    }

    public function left(): int
    {
        return (int) max(0, intdiv($this->at - hrtime(true), 1000000));
    }

    public function over(): bool
    {
        return $this->left() === 0;
    }
}
