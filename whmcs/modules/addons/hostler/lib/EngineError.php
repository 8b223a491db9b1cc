<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * The engine did not do what was asked. The message is one plain sentence for staff; `forClients()` is what a client
 * may read. `$answered` says whether the engine itself refused (true) or no believable answer came (false).
 */
final class EngineError extends \RuntimeException
{
    private bool $answered;
    private string $detail;

    private function __construct(string $message, bool $answered, string $detail)
    {
        parent::__construct($message);
        $this->answered = $answered;
        $this->detail = $detail;
    }

    public static function unreachable(string $detail): self
    {
        return new self('The provisioning engine is not reachable. Nothing was changed; please try again in a few minutes.', false, $detail);
    }

    public static function silent(int $budgetMs): self
    {
        $seconds = rtrim(rtrim(number_format($budgetMs / 1000, 1), '0'), '.');

        return new self("The provisioning engine did not answer within $seconds seconds. If it took the request, it goes on by itself; calling again joins it.", false, 'no answer in time');
    }

    public static function refused(string $code, string $message): self
    {
        return new self($message !== '' ? $message : 'The provisioning engine refused the request.', true, $code);
    }

    public static function notSetUp(): self
    {
        return new self('Hostler is not set up: enter the engine\'s key in Addons, Hostler.', false, 'no key');
    }

    public function answered(): bool
    {
        return $this->answered;
    }

    /** For the connection check: what went wrong below the sentence. */
    public function detail(): string
    {
        return $this->detail;
    }

    public static function forClients(): string
    {
        return 'The server control is not reachable right now. Please try again in a few minutes.';
    }
}
