import type { Digest, DocumentKey } from '@hearsay/core';
import type { IndexEntry } from './node.ts';
import type { NodePath } from './node-store.ts';

/** What the asker has at one path: the digests of its sixteen children, or null when it has a leaf (or nothing). */
export interface QuestionNode {
  readonly path: NodePath;
  readonly children: readonly (Digest | null)[] | null;
}

/**
 * "This is what I have here: what do you have where it differs?" Because the asker shows its children, the answer skips
 * the equal ones and shows the others' children: two levels a round trip, and no digest of a level sent twice.
 */
export interface WalkQuestion {
  /** Ascending by path, at most {@link maxQuestionPaths}. */
  readonly nodes: readonly QuestionNode[];
}

/** What the answerer has at one path; a leaf without entries when it has nothing. */
export type AnswerNode =
  | { readonly kind: 'inner'; readonly path: NodePath; readonly children: readonly (Digest | null)[] }
  | { readonly kind: 'leaf'; readonly path: NodePath; readonly entries: readonly IndexEntry[] };

/**
 * For every path of the question either its node, or (where both sides have inner nodes) the nodes of those children
 * that differ, or its mention in `unanswered`.
 */
export interface WalkAnswer {
  readonly nodes: readonly AnswerNode[];
  /** Paths of the question that did not fit the byte budget and are to be asked again. */
  readonly unanswered: readonly NodePath[];
}

/** A document on which the two indexes differ; null where one has none. */
export interface Difference {
  readonly key: DocumentKey;
  readonly mine: Digest | null;
  readonly theirs: Digest | null;
}

/**
 * What one answer settled, and the paths that the next questions have to ask, {@link maxQuestionPaths} at most each.
 * Asking those that came last first keeps the list of those that wait short.
 */
export interface WalkStep {
  readonly differences: readonly Difference[];
  readonly ask: readonly NodePath[];
}

/** The path every walk begins with. */
export const walkStart: readonly NodePath[] = [''];

/**
 * Paths of one question at most: bounds what a hostile question makes its receiver look up (17 nodes for each) and its
 * bytes (275 for each). A hundred scattered differences fit one question at every level.
 */
export const maxQuestionPaths = 512;

/** Nodes of one answer at most. */
export const maxAnswerNodes: number = maxQuestionPaths * 16;
