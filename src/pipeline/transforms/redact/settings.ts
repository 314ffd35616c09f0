import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';

export const secretKinds = ['card', 'email', 'token', 'private-key', 'url-password'] as const;
export type SecretKind = (typeof secretKinds)[number];

const name = () => z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'small letters, digits and -');

const ownPattern = () =>
  z
    .strictObject({
      name: name()
        .describe('What stands in its place: [name].')
        .meta({ examples: ['customer'] }),
      pattern: z
        .string()
        .min(1)
        .describe(
          'A regular expression of JavaScript; all that it matches is replaced. It sees bytes: a character beyond ASCII counts as several.',
        )
        .meta({ examples: ['\\bC-\\d{8}\\b'] }),
      contains: z
        .string()
        .min(2)
        .optional()
        .describe('A text that is in everything the pattern matches: records without it are not looked at, which costs next to nothing.')
        .meta({ examples: ['C-'] }),
      ignoreCase: z
        .boolean()
        .prefault(false)
        .describe('Whether small and capital letters are the same to the pattern.')
        .meta({ examples: [true] }),
    })
    .superRefine(({ pattern }, context) => {
      try {
        if (new RegExp(pattern, 'g').test(''))
          context.addIssue({ code: 'custom', path: ['pattern'], message: 'the pattern matches the empty text' });
      } catch (cause) {
        context.addIssue({ code: 'custom', path: ['pattern'], message: cause instanceof Error ? cause.message : String(cause) });
      }
    });

export const redactSettings = ofType('redact', () =>
  z
    .strictObject({
      type: z
        .literal('redact')
        .describe('Replaces what must not leave the machine.')
        .meta({ examples: ['redact'] }),
      kinds: z
        .array(z.enum(secretKinds))
        .prefault(['card', 'email', 'token', 'private-key', 'url-password'])
        .describe(
          'What is looked for. card: payment card numbers, by the ranges of the networks and their check digit. email: addresses. token: bearer and basic credentials, JWTs, keys of AWS, GitHub, GitLab, Slack, Google and Stripe. private-key: PEM keys, to the end of the record. url-password: the password in scheme://user:password@host.',
        )
        .meta({ examples: [['card', 'token']] }),
      patterns: z
        .array(ownPattern())
        .max(50)
        .prefault([])
        .describe('Own patterns.')
        .meta({ examples: [[{ name: 'customer', pattern: '\\bC-\\d{8}\\b', contains: 'C-' }]] }),
      replacement: z
        .string()
        .max(100)
        .regex(/^[^"\\\x00-\x1f]*$/, 'no quotes, backslashes or control characters')
        .prefault('[{kind}]')
        .describe('What stands in its place; {kind} is the kind or the name of the pattern.')
        .meta({ examples: ['***'] }),
    })
    .superRefine(({ kinds, patterns }, context) => {
      if (kinds.length + patterns.length === 0)
        context.addIssue({ code: 'custom', message: 'nothing is to be redacted: name kinds or patterns' });
    }),
);

export type RedactSettings = z.output<typeof redactSettings>;
