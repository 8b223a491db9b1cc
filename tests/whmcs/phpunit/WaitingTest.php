<?php

use PHPUnit\Framework\TestCase;

/** How run.sh waits: group.sh, which every lane runs its suites with. */
final class WaitingTest extends TestCase
{
    private const WAITS = 'trap "exit 143" TERM; . ./group.sh; trap end_long EXIT; long sh -c "%s"';

    private function alive(string $id): bool
    {
        // A dead process that nobody has asked about yet is dead all the same.
        return preg_match('/^State:\s+[^ZX]/m', (string) @file_get_contents("/proc/$id/status")) === 1;
    }

    public function test_an_interrupted_run_leaves_nothing_of_what_its_program_started(): void
    {
        $script = sprintf(self::WAITS, 'sleep 600 & echo \$\$ \$!; wait');
        $process = proc_open(['bash', '-euo', 'pipefail', '-c', $script], [1 => ['pipe', 'w']], $pipes, HARNESS_ROOT);
        $ids = explode(' ', trim((string) fgets($pipes[1])));
        self::assertSame([true, true], array_map([$this, 'alive'], $ids));
        proc_terminate($process, SIGTERM);
        self::assertSame(143, proc_close($process));
        self::assertSame([false, false], array_map([$this, 'alive'], $ids));
    }

    public function test_what_a_program_left_running_ends_with_it_and_its_code_is_told(): void
    {
        $script = sprintf(self::WAITS, 'sleep 600 & echo \$!; exit 3');
        $process = proc_open(['bash', '-euo', 'pipefail', '-c', $script], [1 => ['pipe', 'w']], $pipes, HARNESS_ROOT);
        $id = trim((string) fgets($pipes[1]));
        self::assertSame(3, proc_close($process));
        self::assertFalse($this->alive($id));
    }
}
