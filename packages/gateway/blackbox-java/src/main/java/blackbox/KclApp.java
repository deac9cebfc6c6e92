package blackbox;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.CoordinatorConfig.ClientVersionConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.MetricsLevel;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * An application of the Kinesis Client Library as somebody would write it, against the gateway, its leases in tables of
 * the same endpoint, by the way of library 2 or 3: KclApp URL KEY_ID SECRET STREAM APPLICATION polling|fan-out 2|3 RECORDS.
 * Prints "record SHARD DATA" for each record and "end SHARD" for each shard that has ended, and leaves once it has seen as
 * many different records.
 */
public final class KclApp {
  private static final Set<String> seen = ConcurrentHashMap.newKeySet();

  public static void main(String[] arguments) throws Exception {
    URI url = URI.create(arguments[0]);
    StaticCredentialsProvider credentials =
        StaticCredentialsProvider.create(AwsBasicCredentials.create(arguments[1], arguments[2]));
    String stream = arguments[3];
    String application = arguments[4];
    boolean isPolling = arguments[5].equals("polling");
    boolean isOlder = arguments[6].equals("2");
    int records = Integer.parseInt(arguments[7]);

    KinesisAsyncClient kinesis = KinesisAsyncClient.builder().endpointOverride(url).region(Region.US_EAST_1)
        .credentialsProvider(credentials)
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP2)).build();
    DynamoDbAsyncClient leases = DynamoDbAsyncClient.builder().endpointOverride(url)
        .region(Region.US_EAST_1).credentialsProvider(credentials).build();
    CloudWatchAsyncClient metrics = CloudWatchAsyncClient.builder().endpointOverride(url).region(Region.US_EAST_1)
        .credentialsProvider(credentials).build();

    ConfigsBuilder configs = new ConfigsBuilder(
        new SingleStreamTracker(stream,
            InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
        application, kinesis, leases, metrics, "worker", Processor::new);
    var retrieval = configs.retrievalConfig();
    if (isPolling) retrieval = retrieval.retrievalSpecificConfig(new PollingConfig(stream, kinesis));
    var coordinator = configs.coordinatorConfig()
        .clientVersionConfig(isOlder
            ? ClientVersionConfig.CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X
            : ClientVersionConfig.CLIENT_VERSION_CONFIG_3X)
        .parentShardPollIntervalMillis(1000)
        .shardConsumerDispatchPollIntervalMillis(100);
    var lease = configs.leaseManagementConfig().shardSyncIntervalMillis(2000);
    Scheduler scheduler = new Scheduler(
        configs.checkpointConfig(), coordinator, lease, configs.lifecycleConfig(),
        configs.metricsConfig().metricsLevel(MetricsLevel.NONE), configs.processorConfig(), retrieval);
    Thread running = new Thread(scheduler);
    running.setDaemon(true);
    running.start();
    while (seen.size() < records) Thread.sleep(100);
    scheduler.startGracefulShutdown().get();
    System.exit(0);
  }

  private static final class Processor implements ShardRecordProcessor {
    private String shard;

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      input.records().forEach(record -> {
        String data = StandardCharsets.UTF_8.decode(record.data()).toString();
        System.out.println("record " + shard + " " + data);
        seen.add(data);
      });
      try {
        if (!input.records().isEmpty()) input.checkpointer().checkpoint();
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      System.out.println("end " + shard);
      try {
        input.checkpointer().checkpoint();
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      try {
        input.checkpointer().checkpoint();
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }
  }
}
