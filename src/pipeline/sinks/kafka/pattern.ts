/** The pattern of a topic: `logs-{label:app}-{field:kind}`. */
export type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'field'; readonly name: string };

export function parsePattern(pattern: string): readonly PatternPart[] {
  return pattern
    .split(/(\{(?:label|field):[^}]+\})/)
    .filter((text) => text !== '')
    .map((text): PatternPart => {
      const [, kind, name] = /^\{(label|field):([^}]+)\}$/.exec(text) ?? [];
      if (name === undefined) return { kind: 'text', text };
      return kind === 'label' ? { kind, name } : { kind: 'field', name };
    });
}

/** What Kafka takes as a name (org.apache.kafka.common.internals.Topic): letters, digits and `. _ -`, at most 249, neither `.` nor `..`. */
export function topicName(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 249);
  return name === '' || name === '.' || name === '..' ? 'none' : name;
}
