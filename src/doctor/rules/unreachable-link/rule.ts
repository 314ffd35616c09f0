import type { Rule } from '../../rule.ts';
import { claimedBy } from '../claims.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const unreachableLink: Rule = {
  id: 'R34',
  name: 'unreachable-link',
  title: 'a link is broken for a reason that no other rule explains',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const { link, verdict, step } of claimedBy(context, 'R34')) {
      yield {
        subject: linkSubject(context, link),
        message: `${dials(context, link)}, but ${step.text}.`,
        evidence: [dialledHere(link), ...step.origins.slice(0, 2).map((origin) => ({ label: 'because of this', origin }))],
        reasons: reasonsOf(verdict),
        symptom: symptomWords(verdict.symptom),
        verdict,
      };
    }
  },
};
