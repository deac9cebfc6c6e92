package blackbox;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * The asynchronous client of the AWS SDK 2 for Java as it comes (CBOR over HTTP/2), against the gateway:
 * SdkClient URL KEY_ID SECRET. Prints a line for each thing that it has found to be right, and ends with 1 at the first
 * that is not.
 */
public final class SdkClient {
  private static final int RECORDS = 1000;
  private static final String SHARD = "shardId-000000000000";
  private static final Set<String> contentTypes = ConcurrentHashMap.newKeySet();

  public static void main(String[] arguments) throws Exception {
    KinesisAsyncClient client = client(arguments[0], arguments[1], arguments[2]);
    KinesisAsyncClient stranger = client(arguments[0], arguments[1], "wrong");
    String stream = "java";

    client.createStream(r -> r.streamName(stream).shardCount(1)).join();
    while (client.describeStreamSummary(r -> r.streamName(stream)).join().streamDescriptionSummary().streamStatus()
        != StreamStatus.ACTIVE) {
      Thread.sleep(100);
    }
    String arn = client.describeStreamSummary(r -> r.streamName(stream)).join().streamDescriptionSummary().streamARN();
    said("CreateStream, DescribeStreamSummary");

    for (int from = 0; from < RECORDS; from += 500) {
      List<PutRecordsRequestEntry> entries = IntStream.range(from, from + 500)
          .mapToObj(i -> PutRecordsRequestEntry.builder().partitionKey("k" + i).data(bytes("record " + i)).build())
          .toList();
      var reply = client.putRecords(r -> r.streamName(stream).records(entries)).join();
      check(reply.failedRecordCount() == 0 && reply.records().size() == 500, "PutRecords: " + reply);
    }
    said("PutRecords");
    check(client.putRecord(r -> r.streamARN(arn).partitionKey("last").data(bytes("record " + RECORDS))).join()
        .sequenceNumber().matches("49\\d{54}"), "PutRecord");
    said("PutRecord");

    List<Record> polled = new ArrayList<>();
    String iterator = client.getShardIterator(r -> r.streamName(stream).shardId(SHARD)
        .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).join().shardIterator();
    while (polled.size() <= RECORDS) {
      String from = iterator;
      var page = client.getRecords(r -> r.shardIterator(from).limit(300)).join();
      polled.addAll(page.records());
      iterator = page.nextShardIterator();
      check(page.millisBehindLatest() >= 0 && iterator != null, "GetRecords: " + page);
    }
    checkRecords(polled, "GetRecords");
    said("GetShardIterator, GetRecords");

    String consumer = client.registerStreamConsumer(r -> r.streamARN(arn).consumerName("java")).join().consumer()
        .consumerARN();
    while (!client.describeStreamConsumer(r -> r.consumerARN(consumer)).join().consumerDescription()
        .consumerStatusAsString().equals("ACTIVE")) {
      Thread.sleep(100);
    }
    checkRecords(subscribe(client, consumer), "SubscribeToShard");
    said("RegisterStreamConsumer, DescribeStreamConsumer, SubscribeToShard");

    fails(ResourceNotFoundException.class, () -> client.describeStream(r -> r.streamName("nowhere")));
    fails(ResourceInUseException.class, () -> client.createStream(r -> r.streamName(stream).shardCount(1)));
    fails(InvalidArgumentException.class, () -> client.getRecords(r -> r.shardIterator("made-up")));
    fails(ResourceNotFoundException.class, () -> client.subscribeToShard(
        r -> r.consumerARN(consumer.replace("java:", "nobody:")).shardId(SHARD)
            .startingPosition(p -> p.type(ShardIteratorType.LATEST)),
        SubscribeToShardResponseHandler.builder().subscriber(event -> { }).build()));
    Throwable refused = failure(() -> stranger.listStreams());
    check(refused instanceof KinesisException e
        && e.awsErrorDetails().errorCode().equals("InvalidSignatureException"), "a wrong secret: " + refused);
    said("errors have their classes");

    // The library sends this one call in JSON, and reads events in the encoding that they name.
    check(contentTypes.equals(Set.of("application/x-amz-cbor-1.1", "subscription: application/x-amz-json-1.1")),
        "content types: " + contentTypes);
    said("every call but the subscription was CBOR");
    client.close();
    stranger.close();
  }

  private static KinesisAsyncClient client(String url, String keyId, String secret) {
    ExecutionInterceptor watcher = new ExecutionInterceptor() {
      @Override
      public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
        String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
        context.httpRequest().firstMatchingHeader("Content-Type").ifPresent(
            type -> contentTypes.add((operation.equals("SubscribeToShard") ? "subscription: " : "") + type));
      }
    };
    return KinesisAsyncClient.builder()
        .endpointOverride(URI.create(url))
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(keyId, secret)))
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP2))
        .overrideConfiguration(ClientOverrideConfiguration.builder()
            .addExecutionInterceptor(watcher)
            .retryStrategy(DefaultRetryStrategy.doNotRetry())
            .apiCallTimeout(Duration.ofSeconds(30))
            .build())
        .build();
  }

  private static List<Record> subscribe(KinesisAsyncClient client, String consumer) throws Exception {
    List<Record> pushed = new ArrayList<>();
    CompletableFuture<Void> whole = new CompletableFuture<>();
    SubscribeToShardResponseHandler handler = SubscribeToShardResponseHandler.builder()
        .onError(whole::completeExceptionally)
        .subscriber(event -> {
          pushed.addAll(((SubscribeToShardEvent) event).records());
          if (pushed.size() > RECORDS) whole.complete(null);
        })
        .build();
    client.subscribeToShard(
        r -> r.consumerARN(consumer).shardId(SHARD).startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
        handler).whenComplete((nothing, error) -> {
          if (error != null) whole.completeExceptionally(error);
        });
    whole.get(20, TimeUnit.SECONDS);
    return pushed;
  }

  private static void checkRecords(List<Record> records, String what) {
    check(records.size() == RECORDS + 1, what + " gave " + records.size() + " records");
    for (int i = 0; i < records.size(); i++) {
      check(records.get(i).data().asUtf8String().equals("record " + i), what + " gave " + records.get(i));
      check(records.get(i).approximateArrivalTimestamp().toEpochMilli() > 1_700_000_000_000L, what + ": time");
    }
  }

  private static void fails(Class<? extends KinesisException> type, Supplier<CompletableFuture<?>> call) {
    Throwable failure = failure(call);
    check(type.isInstance(failure), "expected " + type.getSimpleName() + ", not " + failure);
  }

  private static Throwable failure(Supplier<CompletableFuture<?>> call) {
    try {
      call.get().join();
      return null;
    } catch (CompletionException error) {
      return error.getCause();
    }
  }

  private static SdkBytes bytes(String text) {
    return SdkBytes.fromUtf8String(text);
  }

  private static void check(boolean isRight, String otherwise) {
    if (isRight) return;
    System.out.println("wrong: " + otherwise);
    System.exit(1);
  }

  private static void said(String what) {
    System.out.println("right: " + what);
  }
}
