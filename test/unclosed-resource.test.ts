import { expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';

async function foundIn(body: string): Promise<string[]> {
  const text = `package p\n\nimport (\n\t"example.com/pb"\n\t"google.golang.org/grpc"\n)\n\ntype server struct{ client pb.EventsClient }\n\n${body}\n`;
  const { leaks } = await review(memorySource({ base: {}, head: { 'p/a.go': text } }), { language: 'en' });
  return leaks.map(({ rule, confidence }) => `${rule}: ${confidence}`);
}

const dial = '\tconn, err := grpc.NewClient("a")\n\tif err != nil {\n\t\treturn err\n\t}\n';

test.each([
  ['only this function uses', `func use() error {\n${dial}\treturn pb.Use(pb.NewEventsClient(conn).Send())\n}`, ['unclosed-resource: certain']],
  ['a client that is returned uses', `func open() (pb.EventsClient, error) {\n${dial.replace('return err', 'return nil, err')}\treturn pb.NewEventsClient(conn), nil\n}`, ['unclosed-resource: likely']],
  ['a client that is kept uses', `func (s *server) open() error {\n${dial}\ts.client = pb.NewEventsClient(conn)\n\treturn nil\n}`, ['unclosed-resource: likely']],
  ['is closed', `func use() error {\n${dial}\tdefer conn.Close()\n\treturn pb.Use(pb.NewEventsClient(conn).Send())\n}`, []],
])('a connection that %s', async (_, body, found) => {
  expect(await foundIn(body)).toEqual(found);
});
