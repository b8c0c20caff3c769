import { describe, expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';
import { leaksIn } from './support/leaks-in.ts';

/** What is found in a new test file. */
async function foundIn(text: string): Promise<string[]> {
  return (await leaksIn('p/a_test.go', text)).map(({ rule, line }) => `${rule}:${line}`);
}

describe("a test's context", () => {
  const numbers = (body: string): string => `package p

import (
	"context"
	"testing"
)

func numbers(ctx context.Context, out chan int) {
	for i := 0; ; i++ {
		select {
		case out <- i:
		case <-ctx.Done():
			return
		}
	}
}

func TestNumbers(t *testing.T) {
	out := make(chan int)
	ctx := t.Context()
${body}}
`;

  test('is not done while the test waits', async () => {
    expect(await foundIn(numbers('\tgo numbers(ctx, out)\n\t<-out\n'))).toEqual([]);
  });

  test('is done once the test has ended', async () => {
    expect(await foundIn(numbers('\tgo func() {\n\t\t<-ctx.Done()\n\t}()\n\tgo numbers(ctx, out)\n'))).toEqual([]);
    expect(await foundIn(numbers('\tgo func() {\n\t\t<-ctx.Done()\n\t\tout <- 1\n\t}()\n'))).toEqual(['abandoned-send:23']);
  });
});

test("a test's context is done once the test has ended, whichever goroutine asks for it", async () => {
  expect(await foundIn('package p\n\nimport "testing"\n\nfunc start(tb testing.TB, stop func()) {\n\tgo func() {\n\t\t<-tb.Context().Done()\n\t\tstop()\n\t}()\n}\n')).toEqual([]);
});

test("testify's FailNow ends the test", async () => {
  const text = (after: string): string => `package p

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnce(t *testing.T) {
	started, done := make(chan int, 1), make(chan int, 1)
	go func() {
		started <- 1
		done <- 2
	}()
	select {
	case <-started:
	case <-done:
		${after}
	}
	<-done
}
`;
  expect(await foundIn(text('require.FailNow(t, "done before it has started")'))).toEqual([]);
  expect(await foundIn(text('t.Log("done before it has started")'))).toEqual(['abandoned-receive:20']);
});

test('a way on which a goroutine only spins keeps no other from being followed', async () => {
  const text = `package p

import (
	"os"
	"testing"
)

func TestPid(t *testing.T) {
	process := os.Process{Pid: os.Getpid()}
	pids := make(chan int, 1)
	go report(&process, pids)
	if <-pids == 0 {
		t.Error("no process")
	}
}

func report(process *os.Process, pids chan int) {
	for {
		pid := process.Pid
		if pid != 0 {
			pids <- pid
		}
	}
}
`;
  expect(await foundIn(text)).toEqual(['abandoned-send:21']);
});

test('what only tests, or main, leave behind of other code is likely, not certain', async () => {
  const code = 'package p\n\nfunc start() chan int {\n\tout := make(chan int)\n\tgo func() {\n\t\tout <- 1\n\t}()\n\treturn out\n}\n';
  const found = async (head: Record<string, string>): Promise<string[]> => {
    const { leaks } = await review(memorySource({ base: {}, head }), { language: 'en' });
    return leaks.map(({ rule, confidence }) => `${rule}: ${confidence}`);
  };
  expect(await found({ 'p/a.go': code, 'p/a_test.go': 'package p\n\nimport "testing"\n\nfunc TestStart(t *testing.T) {\n\tstart()\n}\n' })).toEqual(['abandoned-send: likely']);
  expect(await found({ 'p/a.go': `${code}\nfunc ask() {\n\tstart()\n}\n` })).toEqual(['abandoned-send: certain']);
  expect(await found({ 'p/a.go': 'package main\n\nfunc run() {\n\tout := make(chan int)\n\tgo func() {\n\t\tout <- 1\n\t}()\n}\n\nfunc main() {\n\trun()\n}\n' })).toEqual(['abandoned-send: likely']);
});

test('what a test leaves behind where it gives up waiting is likely, not certain', async () => {
  const text = (channel: string): string => `package p\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestOnce(t *testing.T) {\n\tout := make(chan int)\n\tgo func() { out <- 1 }()\n\tselect {\n\tcase <-out:\n\tcase <-${channel}:\n\t\tt.Error("too late")\n\t}\n}\n`;
  const found = async (channel: string): Promise<string[]> => {
    const { leaks } = await review(memorySource({ base: {}, head: { 'p/a_test.go': text(channel) } }), { language: 'en' });
    return leaks.map(({ rule, confidence }) => `${rule}: ${confidence}`);
  };
  expect(await found('time.After(time.Second)')).toEqual(['abandoned-send: likely']);
  expect(await found('make(chan time.Time)')).toEqual([]);
});
