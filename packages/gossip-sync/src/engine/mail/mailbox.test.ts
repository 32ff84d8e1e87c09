import { expect, test } from 'vitest';
import { Mailbox } from './mailbox.ts';

test('O36: a peer holds all up to a change only if the stores were equal once and everything since is acknowledged', () => {
  const box = new Mailbox();
  box.link();
  box.resume(undefined, 10);
  box.delivered(12, 100, 0);
  box.acknowledged(12, [], 0);
  // What came before 10 is not known of.
  expect(box.isDurable(12)).toBe(true);
  expect(box.holdsAll(12)).toBe(false);
  box.proven(10);
  expect(box.holdsAll(12)).toBe(true);
  expect(box.holdsAll(13)).toBe(false);
  box.delivered(15, 100, 0);
  box.acknowledged(15, [14], 0);
  expect(box.holdsAll(13)).toBe(true);
  expect(box.holdsAll(15)).toBe(false);
  box.proven(14);
  expect(box.holdsAll(15)).toBe(true);
});

test('O36: mail that was dropped or left out, or a cursor from before a restart, need the stores to be equal anew', () => {
  const restarted = new Mailbox();
  restarted.link();
  restarted.resume(8, 10);
  restarted.delivered(10, 100, 0);
  restarted.acknowledged(10, [], 0);
  expect(restarted.holdsAll(10)).toBe(false);
  expect(restarted.holdsAll(3)).toBe(false);
  restarted.proven(8);
  expect(restarted.holdsAll(10)).toBe(true);
  restarted.dropped(20);
  restarted.delivered(22, 100, 0);
  restarted.acknowledged(22, [], 0);
  expect(restarted.holdsAll(22)).toBe(false);
  restarted.skipTo(30);
  expect(restarted.holdsAll(30)).toBe(false);
  restarted.proven(30);
  expect(restarted.holdsAll(30)).toBe(true);
});
