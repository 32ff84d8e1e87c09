const minLength = 32;
const minDistinct = 10;

// Whatever a document, an example or a habit may have put there.
const examples = ['changeme', 'secret', 'password', 'example', 'default', 'hearsay', 'test'];

/** Why a cluster secret would be guessed; undefined for one that holds up. Never quotes the secret. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < minLength) return `has ${secret.length} characters, fewer than ${minLength}`;
  if (new Set(secret).size < minDistinct) return `repeats fewer than ${minDistinct} different characters`;
  const plain = secret.toLowerCase();
  const word = examples.find((example) => plain.replaceAll(example, '').length < minLength / 2);
  if (word !== undefined) return 'is made of example words';
  return undefined;
}
