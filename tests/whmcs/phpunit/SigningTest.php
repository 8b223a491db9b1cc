<?php

use PHPUnit\Framework\TestCase;
use WHMCS\Module\Addon\Hostler\Signature;

/** The golden vectors of section 2, from the PHP side. */
final class SigningTest extends TestCase
{
    private static function vectors(): array
    {
        return json_decode((string) file_get_contents(getenv('HOSTLER_VECTORS') . '/signing.json'), true, 64, JSON_THROW_ON_ERROR);
    }

    public function test_requests_are_signed_as_the_vectors_say(): void
    {
        foreach (self::vectors()['requests'] as $v) {
            $canonical = Signature::request($v['installation'], $v['method'], $v['path'], $v['timestamp'], $v['nonce'], $v['body']);
            self::assertSame($v['canonical'], $canonical, $v['name']);
            self::assertSame($v['signature'], implode(',', array_map(static fn ($key) => Signature::sign($key, $canonical), $v['keys'])), $v['name']);
            $headers = Signature::headers($v['installation'], $v['keys'][0], $v['method'], $v['path'], $v['timestamp'], $v['nonce'], $v['body']);
            self::assertSame(['hostler-installation: ' . $v['installation'], 'hostler-timestamp: ' . $v['timestamp'], 'hostler-nonce: ' . $v['nonce'], 'hostler-signature: ' . explode(',', $v['signature'])[0]], $headers, $v['name']);
        }
    }

    public function test_answers_are_believed_with_any_key_of_a_rotation(): void
    {
        foreach (self::vectors()['answers'] as $v) {
            $canonical = Signature::answer($v['installation'], $v['nonce'], $v['status'], $v['timestamp'], $v['body']);
            self::assertSame($v['canonical'], $canonical, $v['name']);
            foreach ($v['keys'] as $key) {
                self::assertTrue(Signature::fits($key, $canonical, $v['signature']), $v['name']);
                self::assertTrue(Signature::fits($key, $canonical, str_replace(',', ' , ', $v['signature'])), $v['name']);
            }
            self::assertFalse(Signature::fits('another key', $canonical, $v['signature']), $v['name']);
            self::assertFalse(Signature::fits($v['keys'][0], Signature::answer($v['installation'], $v['nonce'], $v['status'] + 1, $v['timestamp'], $v['body']), $v['signature']), $v['name']);
            self::assertFalse(Signature::fits($v['keys'][0], $canonical, ''), $v['name']);
        }
    }

    public function test_what_the_vectors_refuse_does_not_fit(): void
    {
        $checked = 0;
        foreach (self::vectors()['refused'] as $v) {
            $fits = Signature::fits($v['keys'][0], Signature::request($v['installation'], $v['method'], $v['path'], $v['timestamp'], $v['nonce'], $v['body']), $v['signature']);
            if ($v['code'] === 'bad_signature') {
                self::assertFalse($fits, $v['name']);
                ++$checked;
            }
            if ($v['code'] === 'stale_timestamp') {
                self::assertFalse(Signature::timely((string) $v['timestamp'], $v['now']), $v['name']);
                self::assertTrue(Signature::timely((string) $v['timestamp'], $v['timestamp'] + 300), $v['name']);
                ++$checked;
            }
        }
        self::assertSame(9, $checked);
    }

    public function test_a_session_is_named_by_its_hmac(): void
    {
        $v = self::vectors()['session'];
        self::assertSame($v['value'], Signature::session($v['key'], $v['session_id']));
        self::assertNull(Signature::session($v['key'], ''));
    }
}
