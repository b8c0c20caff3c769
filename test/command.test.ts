import { expect, test } from 'vitest';
import { readCommand } from '../src/github/command.ts';

test.each([
  ['/goleash explain', { kind: 'explain' }],
  ['  /Goleash IGNORE it is meant so\nmore', { kind: 'ignore' }],
  ['/goleash wrong', { kind: 'wrong' }],
  ['/goleash review please', { kind: 'review' }],
  ['/goleash', { kind: 'unknown', word: '' }],
  ['/goleash\nexplain', { kind: 'unknown', word: '' }],
  ['/goleash fix', { kind: 'unknown', word: 'fix' }],
  ['> /goleash ignore', null],
  ['please /goleash ignore', null],
  ['/goleash-two ignore', null],
  ['/goleashes', null],
  ['', null],
])('%j is read as %j', (body, command) => {
  expect(readCommand(body)).toEqual(command);
});
