import { crc32 } from 'node:zlib';
import { concat, fromHex } from '@hearsay/core';
import { decodeFrame, encodeFrame } from '@hearsay/gossip-sync';
import { decodeWalkAnswer, decodeWalkQuestion, encodeWalkAnswer, encodeWalkQuestion } from '@hearsay/merkle';
import { peerFrames } from './corpus/peer-frames.ts';
import { walkAnswers, walkQuestions } from './corpus/walks.ts';
import type { FuzzTarget } from './fuzz.ts';

/** What peers say: what is taken can be said again, nothing is thrown. */
export function peerTargets(): FuzzTarget[] {
  return [
    {
      name: 'frames of peers',
      corpus: peerFrames.map(fromHex),
      seal: (frame) => {
        const sum = new Uint8Array(4);
        new DataView(sum.buffer).setUint32(0, crc32(frame.subarray(4)));
        return concat(sum, frame.subarray(4));
      },
      feed: (frame) => {
        const message = decodeFrame(frame);
        if (!message.ok || message.value === null) return false;
        if (!decodeFrame(encodeFrame(message.value)).ok) throw new Error('what was taken is refused again');
        return true;
      },
    },
    {
      name: 'questions of walks',
      corpus: walkQuestions.map(fromHex),
      feed: (bytes) => {
        const question = decodeWalkQuestion(bytes);
        if (question.ok) encodeWalkQuestion(question.value);
        return question.ok;
      },
    },
    {
      name: 'answers of walks',
      corpus: walkAnswers.map(fromHex),
      feed: (bytes) => {
        const answer = decodeWalkAnswer(bytes);
        if (answer.ok) encodeWalkAnswer(answer.value);
        return answer.ok;
      },
    },
  ];
}
