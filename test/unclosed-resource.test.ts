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

test.each([
  ['is left in the loop', 'for e := range w.ResultChan() {\n\t\tif e.Type == "x" {\n\t\t\treturn nil\n\t\t}\n\t}\n\treturn nil', ['unclosed-resource: certain']],
  ['is read to its end', 'for range w.ResultChan() {\n\t}\n\treturn nil', []],
  ['is found closed', 'for {\n\t\tif _, ok := <-w.ResultChan(); !ok {\n\t\t\treturn nil\n\t\t}\n\t}', []],
  ['is stopped', 'defer w.Stop()\n\t<-w.ResultChan()\n\treturn nil', []],
  ['is handed on', 'return follow(w)', []],
])('a watch that %s', async (_, rest, found) => {
  const text = `package p

import (
	"context"

	"example.com/generated"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func see(ctx context.Context, client generated.Client, follow func(any) error) error {
	w, err := client.Core().Pods("a").Watch(ctx, metav1.ListOptions{Watch: true})
	if err != nil {
		return err
	}
	${rest}
}
`;
  const { leaks } = await review(memorySource({ base: {}, head: { 'p/a.go': text } }), { language: 'en' });
  expect(leaks.map(({ rule, confidence }) => `${rule}: ${confidence}`)).toEqual(found);
});
