import { describe, expect, it } from 'vitest';
import { checkArrows, checkConfined, checkPure } from './arrows.ts';
import { checkCatalogue } from './catalogue.ts';
import { findDeadExports } from './exports.ts';
import { findCycles } from './imports.ts';
import { checkDependencies } from './manifests.ts';
import { checkRules, checkTitles, nearestSpec, rulesOf } from './rules.ts';
import { listSources, type Source } from './sources.ts';
import {
  checkHosts,
  checkIntegrity,
  checkLength,
  checkMarkers,
  checkPinned,
  checkSelfContained,
} from './text.ts';

const sources = listSources('.ts', '.tsx');
const manifests = listSources('/package.json');

describe('the repository', () => {
  it('T1: arrows between packages point down', () => {
    expect(sources.flatMap(checkArrows)).toEqual([]);
  });

  it('T2: yjs, ws and the simulator are known only where they belong', () => {
    expect(sources.flatMap(checkConfined)).toEqual([]);
  });

  it('T3: pure packages touch no clock, randomness or platform', () => {
    expect(sources.flatMap(checkPure)).toEqual([]);
  });

  it('T4: no file is longer than 400 lines', () => {
    expect(sources.flatMap(checkLength)).toEqual([]);
  });

  it('T5: no import cycles', () => {
    expect(findCycles(sources)).toEqual([]);
  });

  it('T6: no dead exports', () => {
    expect(findDeadExports([...sources, ...manifests])).toEqual([]);
  });

  it('T7: every rule has a test, every test a rule', () => {
    const specs = listSources('SPEC.md');
    const tests = sources.filter(({ path }) => /(\.test|\/contract(\/.*)?)\.ts$/.test(path));
    const testsOf = (spec: Source | undefined): Source[] =>
      tests.filter((test) => nearestSpec(test, specs) === spec);
    expect([
      ...specs.flatMap((spec) => checkRules(spec, testsOf(spec))),
      ...checkTitles(testsOf(undefined), specs.flatMap(rulesOf)),
    ]).toEqual([]);
    expect(specs.length).toBeGreaterThan(3);
  });

  it('T12: the catalogue of tests is complete, and what it names is there', () => {
    const [catalogue] = listSources('test/README.md');
    if (catalogue === undefined) throw new Error('no catalogue');
    expect(checkCatalogue(catalogue, sources)).toEqual([]);
  });

  it('T8: the lock file names no host', () => {
    const locks = listSources('pnpm-lock.yaml');
    expect(locks).toHaveLength(1);
    expect(locks.flatMap(checkHosts)).toEqual([]);
  });

  it('T13: dependencies are of exact versions, with checksums', () => {
    const [workspace] = listSources('pnpm-workspace.yaml');
    const [lock] = listSources('pnpm-lock.yaml');
    if (workspace === undefined || lock === undefined) throw new Error('no workspace');
    expect([...checkPinned(workspace), ...checkIntegrity(lock)]).toEqual([]);
  });

  it('T9: nothing is left open in the code', () => {
    expect(sources.flatMap(checkMarkers)).toEqual([]);
  });

  it('T10: the project speaks of itself alone', () => {
    const texts = listSources('.ts', '.tsx', '.md', '.json', '.yaml', '.yml', '.html', '.css', '/run');
    expect(texts.flatMap(checkSelfContained)).toEqual([]);
  });

  it('T11: what is imported is depended on', () => {
    expect(manifests.flatMap((manifest) => checkDependencies(manifest, sources))).toEqual([]);
  });
});
